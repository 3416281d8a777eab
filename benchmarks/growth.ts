/**
 * `node --import tsx benchmarks/growth.ts [--quick] [--json]`: what a compile and a load take as models grow. Each row is one model,
 * compiled by a process of the engine and loaded by the delegate in Python. What grows faster than the model is marked.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTflite } from '../src/tflite/reader.js';
import { splitParts } from '../src/partition/split.js';
import { partsRun } from '../src/plan/answer.js';
import { frame, frameHeader, requestMagic } from '../src/wire/engine_protocol.js';
import { readRecord } from '../src/wire/record.js';
import { messageOf } from '../src/wire/write_message.js';
import { anyPythonEnvironment, repository } from '../test/host/python.js';
import { type ModelSpec, writeTflite } from '../test/host/tflite_writer.js';
import { chain, heavy, residuals, wide } from './growth_models.js';

export interface Compiled {
  /** Of the engine's process, user and system. */
  readonly milliseconds: number;
  readonly megabytes: number;
  readonly planBytes: number;
}

const ticks = 100;
export const engine = join(repository, 'dist/engine.mjs');

/** What a process that still runs has used. */
const usedBy = (pid: number): { readonly milliseconds: number; readonly megabytes: number } => {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { milliseconds: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks, megabytes: Number(peak) / 1024 };
};

/** By a process of the engine, as the delegate asks it. */
export const compileByEngine = (model: Uint8Array): Promise<Compiled> => {
  const { graph, outputs } = readTflite(model);
  const parts = splitParts(graph, new Set(graph.nodes.map(({ index }) => index)), outputs);
  const child = spawn(process.execPath, ['--max-old-space-size=1024', engine, 'serve'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the engine does not start');
  child.stdin.write(frame(requestMagic, 'check', messageOf(graph, graph.nodes, { parts: 'all' })));
  child.stdin.write(frame(requestMagic, 'compile', partsRun(parts)));
  return new Promise((resolve, reject) => {
    const heads: Buffer[] = [];
    let [got, wanted, replies] = [0, Infinity, 0];
    const look = (): void => {
      if (wanted === Infinity && got >= frameHeader.size)
        wanted = frameHeader.size + readRecord(frameHeader, new Uint8Array(Buffer.concat(heads))).length;
      if (got < wanted) return;
      replies++;
      const rest = Buffer.concat(heads).subarray(wanted);
      const planBytes = wanted - frameHeader.size;
      heads.splice(0, Infinity, rest);
      [got, wanted] = [rest.length, Infinity];
      if (replies < 2) return look();
      const used = usedBy(pid);
      child.kill('SIGKILL');
      resolve({ ...used, planBytes });
    };
    child.stdout.on('data', (chunk: Buffer) => {
      // Of a long reply its length is enough.
      if (wanted === Infinity || replies === 0) heads.push(chunk);
      got += chunk.length;
      look();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the engine ended')));
  });
};

interface Loaded {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** The delegate's part of a Prepare with a plan in the cache, and the memory that it keeps. */
const loadInPython = (python: string, path: string, cache: string): Loaded => {
  const run = (...args: readonly string[]): { readonly ms: number; readonly rss: number } => {
    const done = spawnSync(python, [join(repository, 'benchmarks/growth_load.py'), path, ...args], {
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(done.stderr);
    return JSON.parse(done.stdout) as { ms: number; rss: number };
  };
  const library = join(repository, 'build/Release/libptfe.so');
  const alone = run();
  run(library, cache);
  const warm = run(library, cache);
  return { milliseconds: warm.ms - alone.ms, megabytes: warm.rss - alone.rss };
};

const rows = (quick: boolean): readonly (readonly [kind: string, size: number, spec: () => ModelSpec])[] => [
  ...(quick ? [50, 200] : [50, 200, 800, 3200]).flatMap((count) => [
    ['convolutions', count, () => chain(count)] as const,
    ['residuals', count, () => residuals(count)] as const,
  ]),
  ...(quick ? [50, 200] : [50, 200, 800]).map((count) => ['concatenated', count, () => wide(count)] as const),
  ...(quick ? [26] : [26, 300]).map((megabytes) => ['megabytes', megabytes, () => heavy(megabytes)] as const),
];

const constantBytes = ({ tensors }: ModelSpec): number =>
  tensors.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const python = anyPythonEnvironment();
  const folder = mkdtempSync(join(tmpdir(), 'ptfe-growth-'));
  const results: Readonly<Record<string, string | number>>[] = [];
  try {
    for (const [kind, size, make] of rows(values.quick)) {
      const spec = make();
      const bytes = writeTflite(spec);
      const path = join(folder, 'model.tflite');
      writeFileSync(path, bytes);
      const compiled = await compileByEngine(bytes);
      const loaded = python.available ? loadInPython(python.python, path, join(folder, `${kind}${size}`)) : null;
      const constants = constantBytes(spec) / 1e6;
      const row = {
        model: `${size} ${kind}`,
        'constants MB': constants.toFixed(1),
        'compile ms CPU': Math.round(compiled.milliseconds),
        'engine MB': Math.round(compiled.megabytes),
        'allowed MB': Math.round(60 + 2.2 * constants),
        'plan MB': (compiled.planBytes / 1e6).toFixed(2),
        'load ms CPU': loaded === null ? '-' : loaded.milliseconds.toFixed(1),
        'load RSS MB': loaded === null ? '-' : loaded.megabytes.toFixed(1),
      };
      results.push(row);
      rmSync(join(folder, `${kind}${size}`), { recursive: true, force: true });
      if (!values.json)
        console.log(
          Object.entries(row)
            .map(([name, value]) => `${name} ${value}`)
            .join(' | '),
        );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
};

if (process.argv[1]?.endsWith('growth.ts') === true) await main();
