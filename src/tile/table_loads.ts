/** Before which operations a task fills the LUT: those whose table is another than the one that stands there. */
import { isHostStep, type Step } from './task.js';

const isSame = (table: readonly number[], other: readonly number[]): boolean =>
  table.length === other.length && table.every((value, i) => value === other[i]);

/** @returns the table that is loaded before each step; null: none */
export const tableLoads = (steps: readonly Step[]): readonly (readonly number[] | null)[] => {
  let loaded: readonly number[] | null = null;
  return steps.map((step) => {
    // A step of the host ends the job: the next one may run on another core, with another table store.
    if (isHostStep(step)) loaded = null;
    const table = isHostStep(step) ? undefined : step.stages.table;
    const isOfConvolution = step.operation.kind === 'conv';
    if (table === undefined || isOfConvolution || (!isHostStep(step) && step.tiles.length === 0)) return null;
    if (loaded !== null && isSame(table, loaded)) return null;
    loaded = table;
    return table;
  });
};
