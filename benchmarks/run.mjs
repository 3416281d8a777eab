// `npm run bench`: prepare (no cached plan, cached plan) and invoke with libptfe.so, beside TFLite's reference kernels
// and its fast path (XNNPACK) in the same run, one thread each. Rounds alternate between the configurations, each
// number is the median over the rounds. Times of one machine say little; read the ratios.
//   npm run bench -- [--rounds N] [--json] [MODEL.tflite ...]
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bringUpToDate } from '../scripts/demo/build.mjs';
import { StepError } from '../scripts/demo/progress.mjs';
import { litertFirst, pythonEnvironment } from '../scripts/demo/python.mjs';
import { startMeasuring } from './process.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const shared = join(root, '../shared/models');
const shownByDefault = [
  join(root, 'examples/digits_int8.tflite'),
  join(root, 'examples/digits_uint8.tflite'),
  ...['mobilenet_v1_1.0_224_quant', 'mobilenet_v2_1.0_224_quant', 'efficientnet_lite0_int8'].map((name) =>
    join(shared, `${name}.tflite`),
  ),
].filter((path) => existsSync(path));

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** As many inferences as fill this many milliseconds make one timing: short ones need several. */
const timingMilliseconds = 40;

async function measureModel(model, { python, rounds }) {
  const plans = mkdtempSync(join(tmpdir(), 'ptfe-bench-'));
  const env = { ...process.env, PTFE_CACHE: plans, PTFE_NODE: process.execPath };
  const delegate = join(root, 'build/Release/libptfe.so');
  const start = (kernels, library) => startMeasuring({ root, python, model, kernels, delegate: library, env });
  const running = {
    reference: start('reference'),
    xnnpack: start('default'),
    ptfe: start('reference', delegate),
  };
  const forgetPlans = () => readdirSync(plans).forEach((name) => rmSync(join(plans, name), { recursive: true }));
  try {
    const prepares = { reference: [], xnnpack: [], cold: [], warm: [] };
    await running.ptfe.prepare('verbose=1'); // not timed: libraries loaded, and the summary line said
    for (let round = 0; round < rounds; round++) {
      prepares.reference.push(await running.reference.prepare());
      prepares.xnnpack.push(await running.xnnpack.prepare());
      forgetPlans();
      prepares.cold.push(await running.ptfe.prepare());
      prepares.warm.push(await running.ptfe.prepare());
    }
    const cached = readdirSync(plans).length > 0;
    const invokes = { reference: [], xnnpack: [], ptfe: [] };
    const counts = {};
    for (const [name, process] of Object.entries(running)) {
      await process.invoke(1);
      counts[name] = Math.min(200, Math.ceil(timingMilliseconds / (await process.invoke(1))[0]));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [name, process] of Object.entries(running)) {
        const times = await process.invoke(counts[name]);
        invokes[name].push(times.reduce((sum, time) => sum + time, 0) / times.length);
      }
    }
    const medians = (lists) => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, median(list)]));
    const summary = running.ptfe.said().match(/^ptfe: (\d+ of \d+) nodes .*?(\d+) tasks?, estimated ([\d.]+) ms/m);
    const xnnpackApplied = /XNNPACK delegate/.test(running.xnnpack.said());
    return {
      model: basename(model, '.tflite'),
      nodesOnNpu: summary?.[1] ?? 'none',
      tasks: Number(summary?.[2] ?? 0),
      estimatedMilliseconds: summary ? Number(summary[3]) : null,
      prepare: medians(prepares),
      invoke: medians(invokes),
      cached,
      xnnpackApplied,
    };
  } finally {
    await Promise.all(Object.values(running).map((process) => process.stop()));
    rmSync(plans, { recursive: true, force: true });
  }
}

const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const ratio = (a, b) => `${number(a / b)}x`;

/** Rows of cells as text with aligned columns. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => cell[column ? 'padStart' : 'padEnd'](widths[column])).join('  '))
    .join('\n');
}

function report(results) {
  const invokes = [
    ['invoke, ms', 'on the NPU', 'reference', 'XNNPACK', 'ptfe', 'reference/ptfe', 'XNNPACK/ptfe', 'NPU estimate'],
    ...results.map(({ model, nodesOnNpu, invoke, estimatedMilliseconds: estimate }) => [
      model,
      nodesOnNpu,
      number(invoke.reference),
      number(invoke.xnnpack),
      number(invoke.ptfe),
      ratio(invoke.reference, invoke.ptfe),
      ratio(invoke.xnnpack, invoke.ptfe),
      estimate === null ? '-' : String(estimate),
    ]),
  ];
  const prepares = [
    ['prepare, ms', 'reference', 'XNNPACK', 'ptfe, no plan', 'ptfe, cached plan', 'cold/warm', 'warm/XNNPACK'],
    ...results.map(({ model, prepare, cached }) => [
      model,
      number(prepare.reference),
      number(prepare.xnnpack),
      number(prepare.cold),
      cached ? number(prepare.warm) : 'nothing cached',
      cached ? ratio(prepare.cold, prepare.warm) : '-',
      cached ? ratio(prepare.warm, prepare.xnnpack) : '-',
    ]),
  ];
  console.log(`\n${table(invokes)}\n\n${table(prepares)}\n`);
  console.log('ptfe: the software NPU on this CPU, one thread, with what is left on the reference kernels.');
  console.log(
    'A ratio over 1 before "/ptfe" means ptfe is faster. NPU estimate: the cycle model, no board was measured.',
  );
  const without = results.filter(({ xnnpackApplied }) => !xnnpackApplied).map(({ model }) => model);
  if (without.length > 0) console.log(`XNNPACK did not report itself on: ${without.join(', ')}`);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new StepError('--rounds takes a number from 1');
  const models = positionals.map((path) => resolve(process.env['INIT_CWD'] ?? process.cwd(), path));
  for (const path of models) if (!existsSync(path)) throw new StepError(`there is no ${path}`);
  const { python, runtime } = await pythonEnvironment(root, { folder: 'bench', candidates: litertFirst });
  await bringUpToDate(root);
  console.log(`${runtime}, ${cpus()[0]?.model ?? 'unknown CPU'}, one thread, medians of ${rounds} rounds`);
  const results = [];
  for (const model of models.length > 0 ? models : shownByDefault) {
    console.log(`measuring ${basename(model)} ...`);
    results.push(await measureModel(model, { python, rounds }));
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
  else report(results);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof StepError ? `bench: ${error.message}` : error);
  process.exitCode = 1;
}
