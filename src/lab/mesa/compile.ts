/** An operation -> what Mesa puts into memory for it: weights, biases, and its tasks' command words. */
import type { Command } from '../../hardware/command.js';
import { foldBias, packWeights, sideBytes } from './coefficients.js';
import type { Fixes } from './defects.js';
import { alignTo, countedChannels, type MesaOperation } from './operation.js';
import { type MesaTask, splitTasks } from './split.js';
import { type Addresses, taskPitch, taskWords } from './task_words.js';

export interface CompiledOperation {
  readonly operation: MesaOperation;
  readonly tasks: readonly MesaTask[];
  readonly weights: Uint8Array;
  readonly bias: Int32Array;
  /** Words of each task for buffers at these addresses. */
  readonly words: (at: Addresses) => readonly (readonly Command[])[];
  readonly commandBytes: number;
  /** Bytes that Mesa asks for the result. */
  readonly outputBytes: number;
}

/** Room for the result: twice the atoms of the real channels, or with k18 also all that the DPU counts. */
const outputBytes = (operation: MesaOperation, fixes: Fixes): number => {
  const { width, height } = operation.output;
  const counted = width * height * alignTo(countedChannels(operation).output, 16);
  return fixes.has('k18') ? Math.max(counted, sideBytes(operation.output)) : sideBytes(operation.output);
};

export const compileOperation = (operation: MesaOperation, fixes: Fixes): CompiledOperation => {
  const tasks = splitTasks(operation);
  return {
    operation,
    tasks,
    weights: packWeights(operation, fixes),
    bias: foldBias(operation, fixes),
    words: (at) => tasks.map((task, index) => taskWords(operation, task, index, tasks.length, at, fixes)),
    commandBytes: tasks.length * taskPitch,
    outputBytes: outputBytes(operation, fixes),
  };
};
