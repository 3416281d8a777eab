/** The software NPU on this machine's CPU, beside TFLite's kernels, in the same run: whole models, and one op each. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { staleReason } from '../../scripts/stale.mjs';
import { CannotSetUp } from '../../test/host/process.js';
import { numericsOf, pythonEnvironment, repository } from '../../test/host/python.js';
import { type Figure, type Row, spreadOf } from '../figures.js';
import { type Configuration, type MeasuredInterpreter, startInterpreter } from '../interpreter.js';
import { fileOf, modelPath } from '../models.js';
import { loadNow } from '../machine.js';
import { oneOpModel, opNames } from '../one_op_models.js';
import type { Column, Measure, Part, Ratio, Settings } from '../part.js';
import { takenFigures, takenOf } from '../said.js';

const runtime = 'ai_edge_litert';

interface Contender {
  readonly who: string;
  readonly configuration: Configuration;
  /** Compiled anew in each round. */
  readonly isCold: boolean;
  /** null: Prepare alone is measured. */
  readonly invokes: boolean;
}

const wholeModel = (model: string, folder: string): readonly Contender[] => {
  const library = join(repository, 'build/Release/libptfe.so');
  const ptfe = (...options: readonly string[]): readonly string[] => [library, 'device=software', ...options];
  const reference = { model, kernels: 'reference', threads: 1 } as const;
  const fast = { model, kernels: 'default', threads: 1 } as const;
  const cache = `cache=${join(folder, 'cache')}`;
  const one = (who: string, configuration: Configuration, invokes = true, isCold = false): Contender => ({
    ...{ who, configuration, isCold, invokes },
  });
  return [
    one('BUILTIN_REF', reference),
    one('XNNPACK', fast),
    one('XNNPACK, 2 threads', { ...fast, threads: 2 }),
    one('ptfe', { ...reference, delegate: ptfe(cache, 'parts=all', 'verbose=1') }),
    one('ptfe, 2 threads', { ...reference, threads: 2, delegate: ptfe(cache, 'parts=all') }),
    one('ptfe, cold', { ...reference, delegate: ptfe(`cache=${join(folder, 'cold')}`, 'parts=all') }, false, true),
    one('ptfe, plan file', { ...reference, delegate: ptfe(`plan=${join(folder, 'model.plan')}`) }, false),
  ];
};

const oneOp = (model: string, folder: string): readonly Contender[] =>
  wholeModel(model, folder).filter(({ who }) => ['BUILTIN_REF', 'XNNPACK', 'ptfe'].includes(who));

/** As many inferences as fill this many milliseconds make one timing. */
const timingMilliseconds = 60;

interface Times {
  readonly prepare: number[];
  readonly engine: number[];
  readonly resident: number[];
  readonly cpu: number[];
  readonly wall: number[];
}

const figuresOf = ({ prepare, engine, resident, cpu, wall }: Times): Readonly<Record<string, Figure>> => ({
  prepare: spreadOf(prepare),
  ...(Math.max(...engine) > 0 ? { engine: spreadOf(engine) } : {}),
  resident: spreadOf(resident),
  ...(cpu.length > 0 ? { invoke: spreadOf(cpu) } : {}),
  ...(wall.length > 0 ? { wall: spreadOf(wall) } : {}),
});

const measureAll = async (
  python: string,
  contenders: readonly Contender[],
  rounds: number,
  folder: string,
  say: Settings['say'],
): Promise<readonly Row[]> => {
  const running: { readonly contender: Contender; readonly process: MeasuredInterpreter; readonly times: Times }[] = [];
  const rows: Row[] = [];
  try {
    for (const contender of contenders)
      running.push({
        contender,
        process: startInterpreter(python, contender.configuration),
        times: { prepare: [], engine: [], resident: [], cpu: [], wall: [] },
      });
    const counts = new Map<string, number>();
    for (const { contender, process } of running) {
      say(`${contender.who}, the first time`);
      await process.prepare(); // libraries are loaded, the cache is filled
      if (!contender.invokes) continue;
      await process.invoke(1);
      counts.set(contender.who, Math.min(200, Math.ceil(timingMilliseconds / (await process.invoke(1)).cpu)));
    }
    for (let round = 0; round < rounds; round++) {
      for (const { contender, process, times } of running) {
        say(`${contender.who}, ${round + 1} of ${rounds}`);
        if (contender.isCold)
          for (const name of readdirSync(join(folder, 'cold'))) rmSync(join(folder, 'cold', name), { recursive: true });
        const prepared = await process.prepare();
        times.prepare.push(prepared.cpu);
        times.engine.push(prepared.children);
        times.resident.push(prepared.resident / 1024);
        const count = counts.get(contender.who);
        if (count === undefined) continue;
        await process.invoke(1);
        const { cpu, wall } = await process.invoke(count);
        times.cpu.push(cpu);
        // Of several threads each waits where others want the CPU.
        if (loadNow() < availableParallelism()) times.wall.push(wall);
      }
    }
    for (const { contender, process, times } of running) {
      const isOurs = contender.configuration.delegate !== undefined;
      const fell = /^ptfe: .*(by TFLite's kernels|another model).*$/m.exec(process.said())?.[0];
      if (isOurs && fell !== undefined) throw new Error(`${contender.who}: ${fell}`);
      const taken = contender.who === 'ptfe' ? takenFigures(takenOf(process.said())) : {};
      rows.push({ who: contender.who, figures: { ...taken, ...figuresOf(times) } });
    }
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()));
  }
  return rows;
};

const opening =
  (bytesOf: (name: string) => Promise<Uint8Array>, contendersOf: typeof wholeModel) =>
  ({ isQuick, say }: Settings): Promise<Measure> => {
    const python = pythonEnvironment(runtime);
    if (!python.available) throw new CannotSetUp(python.reason);
    const stale = staleReason(repository, 'delegate') ?? staleReason(repository, 'engine');
    if (stale !== null) throw new CannotSetUp(stale);
    return Promise.resolve(async (name) => {
      const bytes = await bytesOf(name);
      const folder = mkdtempSync(join(tmpdir(), 'ptfe-bench-'));
      try {
        const [model, plan] = [join(folder, 'model.tflite'), join(folder, 'model.plan')];
        for (const cache of ['cold', 'cache']) mkdirSync(join(folder, cache), { mode: 0o700 });
        writeFileSync(model, bytes);
        const options = { trust: 'inferred', parts: 'all', numerics: numericsOf[runtime] } as const;
        writeFileSync(plan, planFile(readTflite(bytes).graph, compileTflite(bytes, options)));
        const tell = (text: string): void => say(`${name}: ${text}`);
        return await measureAll(python.python, contendersOf(model, folder), isQuick ? 2 : 7, folder, tell);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  };

const modelBytes = (name: string): Promise<Uint8Array> => readFile(modelPath(fileOf(name)));

const opBytes = async (name: string): Promise<Uint8Array> => {
  const bytes = await oneOpModel(name);
  if (bytes === null) throw new CannotSetUp(`no op is called ${name}`);
  return bytes;
};

const invokeColumns: readonly Column[] = [
  { key: 'invoke', title: 'invoke, CPU ms' },
  { key: 'wall', title: 'invoke, wall ms' },
];

const againstKernels: readonly Ratio[] = [
  { title: 'CPU: ptfe / XNNPACK', column: 'invoke', over: 'ptfe', under: 'XNNPACK' },
  { title: 'CPU: BUILTIN_REF / ptfe', column: 'invoke', over: 'BUILTIN_REF', under: 'ptfe' },
];

export const software: Part = {
  name: 'software',
  title: 'The software NPU on this CPU',
  text: [
    "LiteRT 2.3 in Python; the model with TFLite's reference kernels (BUILTIN_REF), with its fast ones (XNNPACK), and with ptfe on the software NPU (the nodes that it leaves run on the reference kernels), all partitions taken. CPU time of the process with all its threads. Prepare: of `ptfe` with a plan in the cache; `cold` compiles in each round, its compiler has a column of its own. Rounds take turns. Wall time is kept of rounds in which the machine was not busy with others.",
    'The software NPU is for tests and for machines without an NPU; it says nothing of the hardware.',
  ],
  each: 'model',
  columns: [
    { key: 'nodes', title: 'nodes taken' },
    ...invokeColumns,
    { key: 'prepare', title: 'Prepare, CPU ms' },
    { key: 'engine', title: 'compiler, CPU ms' },
    { key: 'resident', title: 'RSS, MiB' },
  ],
  ratios: [
    ...againstKernels,
    { title: 'wall: ptfe / XNNPACK, 2 threads', column: 'wall', over: 'ptfe, 2 threads', under: 'XNNPACK, 2 threads' },
    { title: 'Prepare: cache / XNNPACK', column: 'prepare', over: 'ptfe', under: 'XNNPACK' },
  ],
  cases: ['MobileNetV1', 'MobileNetV2', 'EfficientNet-Lite0', 'SSD MobileNetV1', 'DeepLab v3'],
  quickCases: ['MobileNetV1', 'EfficientNet-Lite0'],
  byHand: ['`PTFE_PROFILE=trace.json` with any host: a table of each op by the software NPU.'],
  open: opening(modelBytes, wholeModel),
};

export const softwareOps: Part = {
  name: 'software-ops',
  title: 'The software NPU, by kind of op',
  text: [
    "Models of one op, made by `benchmarks/one_op_models.ts`; otherwise as above. Conversions between TFLite's tensors and cubes are part of an invoke.",
  ],
  each: 'op, int8',
  columns: invokeColumns,
  ratios: againstKernels,
  cases: opNames,
  quickCases: opNames.slice(0, 4),
  byHand: [],
  open: opening(opBytes, oneOp),
};
