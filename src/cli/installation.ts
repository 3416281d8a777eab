/** Where the package's own files lie: commands run bundled (dist/cli.mjs) or from src/commands. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Chip } from '../hardware/chips.js';
import { PtfeError } from '../error.js';

const root = resolve(import.meta.dirname, import.meta.dirname.endsWith('cli') ? '../..' : '..');

/** A file of the package, by its path from the root. */
export const packageFile = (path: string): string => join(root, path);

export const libraryFile = join(root, 'build/Release/libptfe.so');
export const engineFile = join(root, 'dist/engine.mjs');
export const addonFile = join(root, 'build/Release/ptfe_addon.node');
/** Runs models in TFLite for `ptfe compare`. */
export const referenceProgram = join(root, 'python/reference.py');

/** Memory that tasks reach; its bytes are copied. */
export interface Region {
  readonly iova: number;
  readonly bytes: Uint8Array;
  /** No task writes it. */
  readonly constant?: boolean;
}

/** Which NPU the delegate sees (delegate/device/rocket_node.h). */
export interface NpuPresence {
  readonly presence: 'ready' | 'unusable' | 'unclear' | 'absent';
  readonly path: string;
  readonly chip: string;
  readonly cores: number;
  /** Why it cannot be used, and what to do. */
  readonly text: string;
}

export interface AddonOptions {
  /** Switches of the software NPU. */
  readonly facts?: Readonly<Record<string, string>>;
  /** What the software NPU is; by default the RK3588. */
  readonly chip?: Chip;
}

/** What runs a plan: `software` by default. */
export type PlanDevice = 'software' | 'npu';

/** Bytes of one of a plan's BOs as they are when `step` jobs and steps of the host have run. */
export interface PlanRead {
  readonly step: number;
  readonly bo: number;
  readonly offset: number;
  readonly length: number;
}

declare const sessionBrand: unique symbol;
/** A plan on its device; it is closed with its last reference, if nobody closes it before. */
export interface AddonSession {
  readonly [sessionBrand]: true;
}

/** Nanoseconds: of the opening, and of the last run. */
export interface SessionTimes {
  readonly prepare: number;
  /** Conversions between TFLite's tensors and cubes. */
  readonly inputs: number;
  readonly outputs: number;
  /** Steps of the host, in the plan's order. */
  readonly hosts: readonly number[];
  /** `cycles`: the device's estimate for the chip; `products`: of its convolution, in a unit that is the same for all tasks of an op. */
  readonly tasks: readonly { readonly nanoseconds: number; readonly cycles: number; readonly products: number }[];
}

declare const programBrand: unique symbol;
/** A loaded program, freed with its last reference. */
export interface LoadedProgram {
  readonly [programBrand]: true;
}

/** The Node-API addon (delegate/node/addon.c): plans and bare register programs on the software NPU inside this process, plans on the NPU too. */
export interface Addon {
  /** Runs a plan. Inputs and outputs are the tensors' bytes in TFLite's layout, in the plan's order; `reads` follow them. */
  planRun(
    plan: Uint8Array,
    inputs: readonly Uint8Array[],
    options?: AddonOptions & { readonly reads?: readonly PlanRead[]; readonly device?: PlanDevice },
  ): Uint8Array[];
  /** @throws Error where the plan is damaged, or the device cannot be used: with what to do */
  sessionOpen(
    plan: Uint8Array,
    options?: {
      readonly device?: 'auto' | 'npu' | 'software';
      readonly facts?: Readonly<Record<string, string>>;
    },
  ): AddonSession;
  sessionDevice(session: AddonSession): PlanDevice;
  /** Inputs and outputs as those of `planRun`. */
  sessionRun(session: AddonSession, inputs: readonly (Uint8Array | Int8Array)[]): Uint8Array[];
  sessionTimes(session: AddonSession): SessionTimes;
  sessionClose(session: AddonSession): void;
  /** @param root a folder in front of /dev, /sys and /proc; empty for the machine's own */
  findNpu(root: string): NpuPresence;
  /** What the delegate would say of an option; empty where it would take it. */
  checkOption(name: string, value: string): string;
  programOpen(
    regions: readonly Region[],
    tasks: readonly { readonly iova: number; readonly words: number }[],
    options?: AddonOptions & { readonly path?: 'scalar' | 'portable' },
  ): LoadedProgram;
  programRun(program: LoadedProgram, first: number, count: number): void;
  programRead(program: LoadedProgram, iova: number, length: number): Uint8Array;
  programWrite(program: LoadedProgram, iova: number, bytes: Uint8Array): void;
}

/** @throws PtfeError `no-file` where the addon is not built, or does not load */
export const loadAddon = (): Addon => {
  if (!existsSync(addonFile)) throw new PtfeError('no-file', addonFile, 'it is not built', 'npm run build');
  try {
    return createRequire(import.meta.url)(addonFile) as Addon;
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new PtfeError('no-file', addonFile, `it does not load: ${text}`, 'npm run build');
  }
};
