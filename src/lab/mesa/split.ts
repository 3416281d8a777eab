/** How Mesa cuts an operation into tasks of whole rows that fit the convolution buffer (fact sheet c). */
import { at } from '../../in_range.js';
import { rk3588 } from '../../hardware/chips.js';
import type { MesaOperation, Padding } from './operation.js';

export interface MesaTask {
  readonly top: number;
  readonly rows: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outputWidth: number;
  readonly outputHeight: number;
  /** Output rows of the tasks before. */
  readonly outputTop: number;
  readonly dataBanks: number;
  readonly weightBanks: number;
  readonly weightReuse: boolean;
}

/** Mesa counts entries of 128 bytes here, 8 atoms of 16 channels each; a rest of three takes a place of four. */
const { cbuf } = rk3588;
const entryAtoms = 8;
const entryBytes = 128;
const bankEntries = cbuf.bankBytes / entryBytes;

const rowEntries = ({ input }: MesaOperation): number => {
  const atoms = Math.ceil(input.channels / 16);
  const rest = atoms % entryAtoms;
  return (
    Math.floor(atoms / entryAtoms) * input.width +
    (rest === 3 ? input.width : Math.ceil((rest * input.width) / entryAtoms))
  );
};

const weightBanksOf = ({ kernel, input, output, depthwise }: MesaOperation): number => {
  const bytes = kernel.width * kernel.height * input.channels * (depthwise ? 1 : output.channels);
  return Math.ceil(Math.ceil(bytes / entryBytes) / bankEntries) + 1;
};

interface Rows {
  readonly top: number;
  readonly bottom: number;
  readonly padTop: number;
  readonly padBottom: number;
}

/** Rows of each task, `capacity` at most; each begins where the last whole window of the task before ends, and overlaps it. */
const cutRows = (operation: MesaOperation, pads: Padding, capacity: number): readonly Rows[] => {
  const { input, kernel, strideY } = operation;
  const tasks: Rows[] = [{ top: 0, bottom: capacity - 1, padTop: pads.top, padBottom: 0 }];
  let slice = kernel.height - pads.top - 1;
  while (slice < input.height) {
    const before = at(tasks, tasks.length - 1).bottom;
    while (slice <= before) slice += strideY;
    if (slice > before) slice -= strideY;
    const top = Math.min(slice, before) - (kernel.height - 1) + strideY;
    const bottom = top + capacity - 1;
    if (bottom >= input.height - 1) {
      tasks.push({ top, bottom: input.height - 1, padTop: 0, padBottom: pads.bottom });
      break;
    }
    slice = top + kernel.height - 1;
    tasks.push({ top, bottom, padTop: 0, padBottom: 0 });
    // A kernel with more rows than fit makes no progress: Mesa would not end here.
    if (tasks.length > input.height + 1) break;
  }
  const last = tasks.at(-1);
  if (last !== undefined && (last.top >= input.height || last.bottom >= input.height + pads.bottom)) tasks.pop();
  return tasks;
};

/** The plane's width as the registers have it: doubled for planes of 8 in an ADD, 16 at least for a picture of one channel. */
export const taskWidth = (operation: MesaOperation): number => {
  const { input, output, inAddition } = operation;
  const width = input.width === 8 && inAddition ? 2 * input.width : input.width;
  return input.channels === 1 && (output.channels > 1 || inAddition) ? Math.max(width, 16) : width;
};

export const splitTasks = (operation: MesaOperation): readonly MesaTask[] => {
  const { input, output, kernel, strideX, strideY } = operation;
  const pads = operation.padding;
  const entries = rowEntries(operation);
  const needed = Math.ceil((entries * input.height) / bankEntries);
  const weightBanks = weightBanksOf(operation);
  const weightReuse = weightBanks + 1 < cbuf.banks;
  const data = weightReuse ? cbuf.banks - weightBanks : 7;
  if (needed <= data) {
    return [
      {
        top: 0,
        rows: input.height,
        padTop: pads.top,
        padLeft: pads.left,
        outputWidth: output.width,
        outputHeight: output.height,
        outputTop: 0,
        dataBanks: needed,
        weightBanks: cbuf.banks - needed,
        weightReuse,
      },
    ];
  }
  const capacity = Math.floor((bankEntries * data) / entries);
  const outputWidth = Math.floor((taskWidth(operation) + pads.left + pads.right - kernel.width) / strideX) + 1;
  let outputTop = 0;
  return cutRows(operation, pads, capacity).map(({ top, bottom, padTop, padBottom }) => {
    const rows = Math.min(bottom, input.height - 1) - top + 1;
    const outputHeight = Math.floor((rows + padTop + padBottom - kernel.height) / strideY) + 1;
    const task = {
      top,
      rows,
      padTop,
      padLeft: pads.left,
      outputWidth,
      outputHeight,
      outputTop,
      dataBanks: data,
      weightBanks: weightReuse ? weightBanks : cbuf.banks - 7,
      weightReuse,
    };
    outputTop += outputHeight;
    return task;
  });
};
