/**
 * Cuts a convolution into tasks that fit CBUF and the register fields: first by channels, then by rows, and by columns
 * where not even one output row fits. Bank rules: the vendor's compiler, but that one more data bank than computed is kept
 * free, because the feature DMA reads ahead (an erratum seen on silicon when banks are nearly full).
 */
import { kernelBytes, kernelCount } from '../layout/weights.js';
import {
  alignUp,
  atomChannels,
  depthwiseStep,
  entriesPerBank,
  featureBanks,
  fewerKernels,
  residentBanks,
  rowEntries,
  streamingBanks,
} from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type ConvGeometry, type ConvOperation, inputSteps } from '../ir/operation.js';
import type { Banks, ConvTile } from './task.js';
import type { Atoms, Bytes } from '../hardware/units.js';

interface Split {
  readonly weights: number;
  /** All weights stand in their banks, so tasks that follow need not load them again. */
  readonly resident: boolean;
  /** Entries of 64 bytes that features may take. */
  readonly entries: number;
}

const splitFor = (chip: Chip, weightBanks: number, resident: boolean): Split => ({
  weights: weightBanks,
  resident,
  entries: featureBanks(chip, weightBanks) * entriesPerBank(chip),
});

/** One axis of a convolution. `apart`: places from one input to the next, more than 1 where it is transposed. */
interface Axis {
  readonly outputs: number;
  readonly stride: number;
  /** Places that a kernel's taps span. */
  readonly kernel: number;
  readonly pad: number;
  readonly length: number;
  readonly apart: number;
}

const rowsOf = (g: ConvGeometry): Axis => ({
  outputs: g.outputHeight,
  stride: g.strideY,
  kernel: (g.kernelHeight - 1) * g.dilationY + 1,
  pad: g.padTop,
  length: g.inputHeight,
  apart: inputSteps(g).y,
});

const columnsOf = (g: ConvGeometry): Axis => ({
  outputs: g.outputWidth,
  stride: g.strideX,
  kernel: (g.kernelWidth - 1) * g.dilationX + 1,
  pad: g.padLeft,
  length: g.inputWidth,
  apart: inputSteps(g).x,
});

const placesOf = ({ length, apart }: Axis): number => (length - 1) * apart + 1;

/**
 * Inputs that `outputs` outputs from `first` on read, clipped to the plane, and the padding before them. Windows that start
 * behind the plane read nothing.
 */
const windowOf = (first: number, outputs: number, axis: Axis) => {
  const { stride, kernel, pad, apart } = axis;
  const from = first * stride - pad;
  const last = Math.min(first + outputs - 1, Math.floor((placesOf(axis) - 1 + pad) / stride));
  const to = Math.min(placesOf(axis), last * stride - pad + kernel);
  const start = Math.ceil(Math.max(0, from) / apart);
  return { start, count: Math.max(1, Math.ceil(to / apart) - start), pad: start * apart - from };
};

/** Outputs of a tile: `step`, or all that are left where those behind them would meet nothing but padding. */
const outputsFrom = (first: number, step: number, axis: Axis): number =>
  (first + step) * axis.stride - axis.pad >= placesOf(axis)
    ? axis.outputs - first
    : Math.min(step, axis.outputs - first);

/** Outputs along one axis whose windows need at most `capacity` inputs; 0 when not even one fits. */
const outputsWithin = (capacity: number, { kernel, stride, apart }: Axis): number =>
  capacity * apart < kernel ? 0 : Math.floor((capacity * apart - kernel) / stride) + 1;

interface PlaneTiling {
  readonly split: Split;
  readonly outputRows: number;
  readonly outputColumns: number;
}

/** Output rows of a task: one where the next is further away in memory than a register can tell. */
const mostRows = ({ limits }: Chip, g: ConvGeometry, columns: number, line: Atoms): number =>
  line - columns > limits.notch ? 1 : g.outputHeight;

/** The largest tiles that a bank split allows: full rows if possible, else the widest columns of one output row. */
const planeTiling = (chip: Chip, g: ConvGeometry, channels: number, split: Split, line: Atoms): PlaneTiling | null => {
  const { limits } = chip;
  const rowsFor = (columns: number): number => {
    const entries = rowEntries(chip, columns, channels);
    const capacity = Math.min(limits.window, Math.floor(split.entries / entries));
    const all = windowOf(0, g.outputHeight, rowsOf(g)).count;
    return capacity >= all ? g.outputHeight : outputsWithin(capacity, rowsOf(g));
  };
  if (Math.max(g.inputWidth, g.outputWidth) <= limits.window) {
    const outputRows = rowsFor(g.inputWidth);
    if (outputRows > 0)
      return {
        split,
        outputRows: Math.min(outputRows, mostRows(chip, g, g.outputWidth, line)),
        outputColumns: g.outputWidth,
      };
  }
  for (let outputColumns = g.outputWidth; outputColumns >= 1; outputColumns = Math.floor(outputColumns / 2)) {
    const { stride, kernel, apart } = columnsOf(g);
    const columns = Math.min(g.inputWidth, Math.ceil(((outputColumns - 1) * stride + kernel) / apart));
    if (Math.max(columns, outputColumns) > limits.window) continue;
    const outputRows = rowsFor(columns);
    if (outputRows > 0)
      return { split, outputRows: Math.min(outputRows, mostRows(chip, g, outputColumns, line)), outputColumns };
  }
  return null;
};

const taskCount = (g: ConvGeometry, tiling: PlaneTiling): number =>
  Math.ceil(g.outputHeight / tiling.outputRows) * Math.ceil(g.outputWidth / tiling.outputColumns);

/** Rows or columns that tiles of so many outputs read, those twice that two of them need. */
const readInTiles = (axis: Axis, step: number): number =>
  placesOf(axis) / axis.apart + (Math.ceil(axis.outputs / step) - 1) * Math.max(0, axis.kernel - axis.stride);

/** What is read of features and weights, and what the start of the tasks costs: in bytes that could be read meanwhile. */
const costOf = (
  chip: Chip,
  g: ConvGeometry,
  inputChannels: number,
  weightBytes: number,
  tiling: PlaneTiling,
): number => {
  const { clocks, dispatch } = chip;
  const tasks = taskCount(g, tiling);
  const pixels = readInTiles(rowsOf(g), tiling.outputRows) * readInTiles(columnsOf(g), tiling.outputColumns);
  const features = pixels * atomChannels(chip, inputChannels);
  const weights = weightBytes * (tiling.split.resident ? 1 : tasks);
  return features + weights + tasks * dispatch.microseconds * clocks.megahertz * clocks.bytesPerCycle;
};

/** Weights that stay, or stream through, whichever costs less. */
const chooseTiling = (
  chip: Chip,
  g: ConvGeometry,
  inputChannels: number,
  weightBytes: Bytes,
  groupBytes: Bytes,
  line: Atoms,
): PlaneTiling | null => {
  const resident = residentBanks(chip, weightBytes);
  const splits = [
    ...(resident === null ? [] : [splitFor(chip, resident, true)]),
    ...streamingBanks(chip, groupBytes).map((banks) => splitFor(chip, banks, false)),
  ];
  const tilings = splits.flatMap((split) => planeTiling(chip, g, inputChannels, split, line) ?? []);
  const costs = tilings.map((tiling) => costOf(chip, g, inputChannels, weightBytes, tiling));
  return tilings[costs.indexOf(Math.min(...costs))] ?? null;
};

/** Channels of one task: all, or as many as the register field and (depthwise) one kernel's bytes allow. */
const channelStep = (chip: Chip, { depthwise, geometry: g }: ConvOperation): number =>
  depthwise ? depthwiseStep(chip, g) : (fewerKernels(chip, g) ?? chip.limits.outputChannels);

/**
 * @param line atoms from an output row to the next
 * @returns null when the operation cannot be cut to fit
 */
export const convTiles = (
  chip: Chip,
  operation: ConvOperation,
  line: Atoms = operation.geometry.outputWidth,
): readonly ConvTile[] | null => {
  const { atoms, cbuf, limits } = chip;
  const { geometry: g, depthwise } = operation;
  let step = channelStep(chip, operation);
  const tilingFor = (channels: number): PlaneTiling | null => {
    const inputChannels = depthwise ? channels : g.inputChannels;
    const [bytes, kernels] = [kernelBytes(chip, operation, inputChannels), kernelCount(depthwise, channels)];
    return chooseTiling(chip, g, inputChannels, bytes * kernels, bytes * Math.min(kernels, atoms.kernels), line);
  };
  // A depthwise task with fewer channels has shorter rows: rather that than columns.
  while (depthwise && step > atoms.depthwiseChannels) {
    const tiling = tilingFor(Math.min(step, g.outputChannels));
    if (tiling !== null && tiling.outputColumns === g.outputWidth) break;
    step = alignUp(
      Math.ceil(Math.min(step, alignUp(g.outputChannels, atoms.depthwiseChannels)) / 2),
      atoms.depthwiseChannels,
    );
  }
  const tiles: ConvTile[] = [];
  for (let channel = 0; channel < g.outputChannels; channel += step) {
    const channels = Math.min(step, g.outputChannels - channel);
    const tiling = tilingFor(channels);
    if (tiling === null) return null;
    const inputChannels = depthwise ? channels : g.inputChannels;
    let first = true;
    let outputColumns = 0;
    for (let column = 0; column < g.outputWidth; column += outputColumns) {
      outputColumns = outputsFrom(column, tiling.outputColumns, columnsOf(g));
      if (outputColumns > limits.window) return null;
      const x = windowOf(column, outputColumns, columnsOf(g));
      let outputRows = 0;
      for (let row = 0; row < g.outputHeight; row += outputRows) {
        outputRows = outputsFrom(row, tiling.outputRows, rowsOf(g));
        if (outputRows * outputColumns > limits.outputAtomics) return null;
        const y = windowOf(row, outputRows, rowsOf(g));
        const data =
          Math.ceil((rowEntries(chip, x.count, inputChannels) * y.count) / entriesPerBank(chip)) + cbuf.spareBanks;
        const banks: Banks = {
          data: cbuf.banks - tiling.split.weights,
          weights: tiling.split.weights,
          weightReuse: !first && tiling.split.resident,
        };
        if (data > banks.data) return null;
        tiles.push({
          inputRow: y.start,
          inputRows: y.count,
          inputColumn: x.start,
          inputColumns: x.count,
          outputRow: row,
          outputRows,
          outputColumn: column,
          outputColumns,
          padTop: y.pad,
          padLeft: x.pad,
          channel,
          channels,
          banks,
        });
        first = false;
      }
    }
  }
  return tiles;
};
