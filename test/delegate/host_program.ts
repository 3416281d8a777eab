import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegateLibrary, Oracle, preloaded, type OracleOptions, type RunResult } from '../host/oracle.js';
import { demandFresh } from '../host/fresh.js';
import { pythonEnvironment, repository, type Runtime } from '../host/python.js';
import type { Lack } from '../host/skip.js';
import type { TestModel } from './models.js';

/** Programs that use the delegate, in a folder of their own that is removed afterwards. */
export interface Bench {
  readonly runtime: Runtime;
  readonly python: string;
  readonly folder: string;
  /** One model with and without the delegate, each in a new process. */
  run(model: TestModel, options: Readonly<Record<string, string>>, host?: OracleOptions): Promise<RunResult>;
  reference(model: TestModel): Promise<RunResult>;
  /** A scenario of scenarios.py; its JSON line and what it wrote to stderr. */
  scenario(name: string, model: TestModel, more?: ScenarioOptions): Scenario;
  remove(): void;
}

export interface ScenarioOptions {
  readonly options?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, string | number | boolean | readonly (readonly number[])[]>>;
  /** A model's path instead of its bytes. */
  readonly path?: string;
}

export interface Scenario {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly result: Readonly<Record<string, unknown>> & {
    readonly apart?: readonly number[];
    readonly children?: number;
  };
}

export const engine = join(repository, 'dist/engine.mjs');
export const faultyEngine = join(import.meta.dirname, 'fixtures/faulty_engine.mjs');

/** The bench of the first runtime that is here; as `openBench` otherwise. */
export function openAnyBench(): Bench | Lack {
  const first = openBench('tflite_runtime');
  return typeof first === 'string' ? openBench('ai_edge_litert') : first;
}

/** @returns the bench, or why there is none: a test skips with it */
export function openBench(runtime: Runtime): Bench | Lack {
  const environment = pythonEnvironment(runtime);
  if (!environment.available) return environment.reason;
  if (!existsSync(delegateLibrary)) return 'tool: the delegate is not built (npm run build:native)';
  if (!existsSync(engine)) return 'tool: the engine is not built (npm run build:engine)';
  demandFresh('engine', 'delegate');
  const { python } = environment;
  const folder = mkdtempSync(join(tmpdir(), 'ptfe-delegate-'));
  const once = async (
    model: TestModel,
    delegate: { library: string; options: Readonly<Record<string, string>> } | undefined,
    host: OracleOptions,
  ): Promise<RunResult> => {
    const oracle = new Oracle(environment, { timeoutSeconds: 100, ...host });
    const result = await oracle.run({
      model: model.bytes,
      inputs: [model.inputs],
      ...(delegate === undefined ? {} : { delegate }),
    });
    await oracle.stop();
    return result;
  };
  const scenario = (
    name: string,
    model: TestModel,
    { options = {}, variables = {}, values = {}, path: given }: ScenarioOptions = {},
  ): Scenario => {
    const path = given ?? join(folder, `${name}.tflite`);
    if (given === undefined) writeFileSync(path, model.bytes);
    const inputs = model.inputs.map((bytes, i) => {
      const file = join(folder, `${name}.input${i}`);
      writeFileSync(file, bytes);
      return file;
    });
    const request = JSON.stringify({ model: path, inputs, library: delegateLibrary, options, ...values });
    const done = spawnSync(python, [join(import.meta.dirname, 'scenarios.py'), name, request], {
      encoding: 'utf8',
      timeout: 240_000,
      env: { ...process.env, ...preloaded, PTFE_CACHE: 'off', PTFE_DEVICE: 'software', ...variables },
    });
    const line = done.stdout.trim().split('\n').at(-1) ?? '';
    const result = line.startsWith('{') ? (JSON.parse(line) as Scenario['result']) : {};
    return { status: done.status, signal: done.signal, stderr: done.stderr, result };
  };
  return {
    runtime,
    python,
    folder,
    run: (model, options, host = {}) => once(model, { library: delegateLibrary, options }, host),
    reference: (model) => once(model, undefined, {}),
    scenario,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The lines that the delegate wrote. */
export const said = (stderr: string): readonly string[] => stderr.split('\n').filter((line) => line.startsWith('ptfe'));

/** The plans that a cache folder keeps; beside them stand what is remembered of files, and V8's code of the compiler. */
export const cachedPlans = (cache: string): readonly string[] =>
  existsSync(cache) ? readdirSync(cache).flatMap((name) => (name.endsWith('.plan') ? [join(cache, name)] : [])) : [];
