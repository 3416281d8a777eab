/** The software NPU behind the addon, as the rooms that run programs ask for it. */
import type { Npu } from '../lab/mesa/run.js';
import { loadAddon } from './installation.js';

/** @throws PtfeError `no-file` where the addon is not built or is not this machine's */
export const loadNpu = (): Npu => {
  const addon = loadAddon();
  return {
    open: (regions, tasks, facts) => {
      const program = addon.programOpen(regions, tasks, { facts });
      return {
        run: (first, count) => addon.programRun(program, first, count),
        read: (iova, length) => addon.programRead(program, iova, length),
        write: (iova, bytes) => addon.programWrite(program, iova, bytes),
      };
    },
  };
};
