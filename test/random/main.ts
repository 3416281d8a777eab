/** `npm run random`: random graphs through the delegate in TFLite, every output against the reference kernels. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check, type Checked, type Host, hostName, Hosts, hosts as allHosts } from './check.js';
import { randomGraph, type RandomGraph } from './graph.js';
import { shrunk } from './shrink.js';

const usage = `npm run random -- [--graphs N] [--seed S] [--out FOLDER] [--one] [--host WORD] [--no-shrink]

Random graphs of many ops through the delegate in both TFLite runtimes, with the default and the reference kernels for what
stays on the CPU, parts=all and by default; every output against the reference kernels without the delegate.

  --graphs N     how many (default 100)
  --seed S       of the first one; the others follow (default: a fresh one, which is printed)
  --out FOLDER   where a graph that fails is written as .tflite (default .cache/random)
  --one          each graph in one of the hosts only, in turn
  --host WORD    only hosts with WORD in their name
  --no-shrink    graphs that fail as they are
Exit codes: 0 nothing is off by more than a count an op; 1 something is; 2 bad usage.
`;

const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '100' },
    seed: { type: 'string', default: process.env['PTFE_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    out: { type: 'string', default: join(import.meta.dirname, '../../.cache/random') },
    one: { type: 'boolean', default: false },
    host: { type: 'string', default: '' },
    shrink: { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

const write = (name: string, bytes: Uint8Array): string => {
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, name);
  writeFileSync(file, bytes);
  return file;
};

const report = async (hosts: Hosts, graph: RandomGraph, { failures }: Checked): Promise<void> => {
  console.log(`\nseed ${graph.seed}: ${graph.title}\n  ${write(`${graph.seed}.tflite`, graph.bytes)}`);
  for (const { host, text } of failures) console.log(`  ${hostName(host)}: ${text}`);
  const [first] = failures;
  if (first === undefined || !values.shrink) return;
  const small = await shrunk(hosts, graph, first.host);
  if (small === null) return console.log('  does not fail by itself: something that ran before it in the process');
  console.log(`  shrunk to ${small.title}: ${small.text}\n  ${write(`${graph.seed}-small.tflite`, small.bytes)}`);
};

const main = async (): Promise<number> => {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [count, seed] = [Number(values.graphs), Number(values.seed)];
  const chosen = allHosts.filter((host) => hostName(host).includes(values.host));
  if (!(count > 0) || !Number.isInteger(seed) || chosen.length === 0) {
    console.error(usage);
    return 2;
  }
  const cache = mkdtempSync(join(tmpdir(), 'ptfe-random-'));
  const hosts = new Hosts({ PTFE_CACHE: cache, MALLOC_PERTURB_: '165' });
  for (const text of hosts.missing) console.log(`not here: ${text}`);
  const here = chosen.filter(({ runtime }) => hosts.runtimes.includes(runtime));
  console.log(
    `${count} graphs from seed ${seed}, ${values.one ? 'one' : here.length} of ${here.length} hosts for each`,
  );
  const of = (turn: number): readonly Host[] => (values.one ? here.slice(turn % here.length).slice(0, 1) : here);
  let [failed, refused, nodes, delegated, compared, differing, own] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const graph = randomGraph(seed + i);
    const result = await check(hosts, graph, of(i));
    if (result.refused !== null) {
      refused++;
      console.log(`seed ${graph.seed}: TFLite refuses: ${result.refused}`);
    }
    if (result.failures.length > 0) {
      failed++;
      await report(hosts, graph, result);
    }
    for (const text of result.hostsOwn) console.log(`seed ${graph.seed}: the host's own kernels: ${text}`);
    own += result.hostsOwn.length;
    nodes += result.nodes;
    delegated += result.delegated;
    compared += result.values;
    differing += result.differing;
    if (i % 100 === 99) console.log(`${i + 1} graphs, ${failed} fail`);
    if (i % 50 === 49) rmSync(cache, { recursive: true, force: true });
  }
  await hosts.stop();
  rmSync(cache, { recursive: true, force: true });
  console.log(
    `${count} graphs from seed ${seed}: ${failed} fail, ${refused} refused by TFLite, ${own} runs where the host's own kernels differ; ` +
      `${delegated} of ${nodes} nodes on the NPU, ${differing} of ${compared} values differ`,
  );
  return failed > 0 ? 1 : 0;
};

process.exitCode = await main();
