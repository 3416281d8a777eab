import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from './python.js';

/** Memory that tasks reach; its bytes are copied. */
export interface AddonRegion {
  readonly iova: number;
  readonly bytes: Uint8Array;
  /** No task writes it. */
  readonly constant?: boolean;
}

export interface AddonTask {
  readonly iova: number;
  readonly words: number;
}

export interface AddonOptions {
  readonly facts?: Readonly<Record<string, string>>;
}

declare const programBrand: unique symbol;
/** A loaded program, freed with its last reference. */
export interface AddonProgram {
  readonly [programBrand]: true;
}

/** The Node-API addon: plans and bare register programs on the software NPU inside this process. */
export interface Addon {
  /** Runs a plan. Inputs and outputs are the tensors' bytes in TFLite's layout, in the plan's order. */
  planRun(plan: Uint8Array, inputs: readonly Uint8Array[], options?: AddonOptions): Uint8Array[];
  programOpen(
    regions: readonly AddonRegion[],
    tasks: readonly AddonTask[],
    options?: AddonOptions & { readonly path?: 'scalar' | 'portable' },
  ): AddonProgram;
  programRun(program: AddonProgram, first: number, count: number): void;
  programRead(program: AddonProgram, iova: number, length: number): Uint8Array;
  programWrite(program: AddonProgram, iova: number, bytes: Uint8Array): void;
}

/** The addon to test: the built one, or the one that PTFE_ADDON names. */
export const addonPath = process.env['PTFE_ADDON'] ?? join(repository, 'build/Release/ptfe_addon.node');

/** @returns the addon, or why it is not there */
export function loadAddon(): Addon | string {
  if (!existsSync(addonPath)) return 'the addon is not built (npm run build:native)';
  return createRequire(import.meta.url)(addonPath) as Addon;
}

/** `name=value,name=value` as in PTFE_FACTS. */
export function factsFromEnvironment(): Readonly<Record<string, string>> {
  const pairs = (process.env['PTFE_FACTS'] ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}
