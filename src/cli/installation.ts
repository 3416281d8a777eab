/** Where the package's own files lie: commands run bundled (dist/cli.mjs) or from src/commands. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Chip } from '../hardware/chips.js';
import { PtfeError } from '../error.js';
import { delegateOptions } from '../wire/delegate_options.js';
import { valueFault } from '../wire/option_values.js';

/** dist/ of a checkout or of npm's package; the folder of a wheel; /usr/share/ptfe. */
const here = import.meta.dirname;
const root = resolve(here, here.endsWith('cli') ? '../..' : '..');

/** A file of the package, by its path from the root. */
export const packageFile = (path: string): string => join(root, path);

const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The C library of this process is the one whose loader is mapped. */
const isMusl = (): boolean => {
  try {
    return readFileSync('/proc/self/maps', 'utf8').includes('/ld-musl-');
  } catch {
    return false;
  }
};

/** Where native files of this machine are: a checkout has its own build, packages have them prebuilt. */
const nativeFolders = (): readonly string[] => {
  const build = join(root, 'build/Release');
  const machine = machines[process.arch];
  if (existsSync(build) || process.platform !== 'linux' || machine === undefined) return [build];
  const debian = join(root, `../lib/${machine}-linux-gnu`);
  return [build, join(root, 'prebuilds', `${machine}${isMusl() ? '-musl' : ''}`), here, debian, join(debian, 'ptfe')];
};

/** The first of these that is there; else the first, which the message is about. */
const firstOf = (paths: readonly string[]): string => paths.find((path) => existsSync(path)) ?? paths[0] ?? '';

const native = nativeFolders();
export const libraryFile = firstOf(native.map((folder) => join(folder, 'libptfe.so')));
export const addonFile = firstOf(native.map((folder) => join(folder, 'ptfe_addon.node')));
export const engineFile = firstOf([join(root, 'dist/engine.mjs'), join(here, 'engine.mjs')]);
/** Runs models in TFLite for `ptfe compare`. */
export const referenceProgram = firstOf([join(root, 'python/reference.py'), join(here, 'reference.py')]);
/** The addon as WebAssembly with its loader, for machines that no addon was built for. */
const wasmLoader = join(here, 'wasm.cjs');
const wasmFile = join(here, 'ptfe_addon.wasm');

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

/** dist/wasm.cjs (src/wasm.ts). */
interface WasmLoader {
  readonly load: (module: Uint8Array) => Omit<Addon, 'findNpu' | 'checkOption'>;
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

const required = (file: string): unknown => createRequire(import.meta.url)(file);

const whyNot = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);

/** What only a machine's addon can do is answered as on a machine without an NPU. */
const loadWasm = (): Addon => {
  const { load } = required(wasmLoader) as WasmLoader;
  return {
    ...load(readFileSync(wasmFile)),
    findNpu: () => ({ presence: 'absent', path: '', chip: '', cores: 0, text: 'WebAssembly opens no device' }),
    checkOption: (name, value) => {
      const option = delegateOptions.find((one) => one.name === name);
      return option === undefined ? `unknown option "${name}"` : (valueFault(option, value) ?? '');
    },
  };
};

const loadFrom = (file: string, load: () => Addon): Addon => {
  if (!existsSync(file)) throw new PtfeError('no-file', file, 'it is not built', 'npm run build');
  try {
    return load();
  } catch (error) {
    throw new PtfeError('no-file', file, `it does not load: ${whyNot(error)}`, 'npm run build');
  }
};

/** The addon of this machine. @throws PtfeError `no-file` where it is not there, or does not load */
export const loadNativeAddon = (): Addon => loadFrom(addonFile, () => required(addonFile) as Addon);

/** The addon, or the same code as WebAssembly where the package has none for this machine. @throws PtfeError `no-file` */
export const loadAddon = (): Addon =>
  existsSync(addonFile) || !existsSync(wasmFile) ? loadNativeAddon() : loadFrom(wasmFile, loadWasm);
