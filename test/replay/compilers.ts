/** The compiler of any commit, by the folder of its sources: rooms move, so each module has the paths that it had. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { planEntries } from '../../src/explain/plan_text.js';
import type { Plan } from '../../src/plan/format.js';
import type { Compiled, Compiler, Options } from './compiled.js';

const paths = {
  compile: ['compile.ts'],
  plan: ['plan/read.ts', 'wire/plan/read.ts'],
  model: ['tflite/reader.ts', 'model/tflite.ts'],
  text: ['explain/plan_text.ts'],
} as const;

interface Modules {
  readonly compile: {
    readonly compileTflite: (bytes: Uint8Array, options: Options, graph: number) => Compiled;
  };
  readonly plan: { readonly readPlan: (bytes: Uint8Array) => Plan };
  readonly model: {
    readonly readTflite: (
      bytes: Uint8Array,
      graph: number,
    ) => { readonly graph: { readonly nodes: readonly { readonly index: number; readonly op: string }[] } };
    readonly subgraphCount: (bytes: Uint8Array) => number;
  };
  readonly text: { readonly planEntries: typeof planEntries };
}

const find = (folder: string, name: keyof Modules): string | undefined =>
  paths[name].map((path) => join(folder, path)).find((path) => existsSync(path));

const load = async <Name extends keyof Modules>(folder: string, name: Name): Promise<Modules[Name]> => {
  const path = find(folder, name);
  if (path === undefined)
    throw new Error(`${folder} has none of ${paths[name].join(', ')}: add the path to compilers.ts`);
  return (await import(pathToFileURL(path).href)) as Modules[Name];
};

/** @param folder a commit's `src` */
export const compilerOf = async (folder: string): Promise<Compiler> => {
  const { compileTflite } = await load(folder, 'compile');
  const { readPlan } = await load(folder, 'plan');
  const { readTflite, subgraphCount } = await load(folder, 'model');
  // Each side tells its own plans, whose fields may have other names. What is older than `plan_text.ts` has plans that this
  // tree's can tell; a commit that words entries anew is compared by its parent's words.
  const entries = find(folder, 'text') === undefined ? planEntries : (await load(folder, 'text')).planEntries;
  return {
    compile: compileTflite,
    graphCount: subgraphCount,
    nodes: (bytes, graph) => readTflite(bytes, graph).graph.nodes,
    entries: (plan, digest) => entries(readPlan(plan), digest),
  };
};
