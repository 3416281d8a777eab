/** The addon: the software NPU in this process. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { PtfeError } from '../error.js';
import type { Npu, OpenProgram } from '../mesa/run.js';

/** The package's folder: this file is bundled to dist/cli.mjs, or stands in src/commands. */
export const root = resolve(import.meta.dirname, import.meta.dirname.endsWith('commands') ? '../..' : '..');

export const addonPath = process.env['PTFE_ADDON'] ?? join(root, 'build/Release/ptfe_addon.node');

type Program = object;

/** What this file calls of it (delegate/addon_program.h). */
interface ProgramAddon {
  programOpen(
    regions: readonly { readonly iova: number; readonly bytes: Uint8Array }[],
    tasks: readonly { readonly iova: number; readonly words: number }[],
    options: { readonly facts: Readonly<Record<string, string>> },
  ): Program;
  programRun(program: Program, first: number, count: number): void;
  programRead(program: Program, iova: number, length: number): Uint8Array;
  programWrite(program: Program, iova: number, bytes: Uint8Array): void;
}

/** @throws PtfeError `no-file` where the addon is not built or is not this machine's */
export const loadNpu = (): Npu => {
  let addon: ProgramAddon;
  try {
    addon = createRequire(import.meta.url)(addonPath) as ProgramAddon;
  } catch (error) {
    const text = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    throw new PtfeError('no-file', addonPath, `the software NPU does not load: ${text}`, 'npm run build');
  }
  return {
    open: (regions, tasks, facts): OpenProgram => {
      const program = addon.programOpen(regions, tasks, { facts });
      return {
        run: (first, count) => addon.programRun(program, first, count),
        read: (iova, length) => addon.programRead(program, iova, length),
        write: (iova, bytes) => addon.programWrite(program, iova, bytes),
      };
    },
  };
};
