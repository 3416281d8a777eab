/**
 * One elementwise task as command words: the DPU alone ("flying"), its main input through MRDMA, a second operand through
 * ERDMA. Register values: seen to work on an RK3588 with fp16, and as the vendor's compiler writes them for int8.
 */
import { atomChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { copyStages } from '../requantize/copy_stages.js';
import type { Stages } from '../requantize/stages.js';
import type { ElementwiseTile } from '../tile/task.js';
import {
  noOperands,
  type OperandAddresses,
  type OutputPlane,
  type ReaderPlanes,
  writeDpu,
  writeDpuReader,
  writeLutEntries,
} from './dpu.js';
import { type Address, enables, firstGroup, pingPong, TaskWriter, type Word } from './words.js';
import type { Bytes } from '../hardware/units.js';

export interface ElementwisePlacement {
  readonly operands: readonly Address[];
  readonly output: Address;
  /** BS's and BN's. */
  readonly channels: OperandAddresses;
}

/** The table that a task reads, in a task of its own before it: the words follow a copy of the first atom. */
export const emitTableLoad = (
  chip: Chip,
  table: readonly number[],
  tile: ElementwiseTile,
  placement: ElementwisePlacement,
): readonly Word[] =>
  emitTask(
    chip,
    copyStages,
    { ...tile, columns: 1, rows: 1, channels: chip.atoms.channels, notch: 0 },
    { ...placement, channels: noOperands },
    table,
  );

export const emitElementwise = (
  chip: Chip,
  stages: Stages,
  tile: ElementwiseTile,
  placement: ElementwisePlacement,
): readonly Word[] => emitTask(chip, stages, tile, placement, null);

const at = (address: Address, bytes: Bytes): Address => ({ ...address, offset: address.offset + bytes });

/** @param loaded a table that the task fills the LUT with */
const emitTask = (
  chip: Chip,
  stages: Stages,
  tile: ElementwiseTile,
  placement: ElementwisePlacement,
  loaded: readonly number[] | null,
): readonly Word[] => {
  const writer = new TaskWriter();
  const planeOf = (operand: number): ReaderPlanes | null => {
    const [address, place] = [placement.operands[operand], tile.operands[operand]];
    if (address === undefined || place === undefined) return null;
    const surfaceStride = place.surfaceBytes / chip.atoms.channels;
    if (operand === 1 && stages.ew?.perChannel === true)
      // One value behind the other, in atoms that place/ keeps together.
      return { base: at(address, place.start), surfaceStride: 1, notch: 0, perChannel: true };
    return { base: at(address, place.start), surfaceStride, notch: surfaceStride - tile.columns * tile.rows };
  };
  const plane: OutputPlane = {
    base: at(placement.output, tile.output.start),
    columns: tile.columns,
    rows: tile.rows,
    surfaceStride: tile.output.surfaceBytes / chip.atoms.channels,
    notch: tile.notch,
    written: atomChannels(chip, tile.channels),
    channels: tile.channels,
    depthwise: false,
    flying: true,
  };
  const pointers = stages.table === undefined ? pingPong : firstGroup;
  writer.write('DPU', 'S_POINTER', pointers);
  writer.write('DPU_RDMA', 'RDMA_S_POINTER', pointers);
  writeDpu(writer, plane, stages, 0);
  if (loaded !== null) writeLutEntries(writer, loaded);
  writeDpuReader(writer, plane, placement.channels, { source: planeOf(0), operand: planeOf(1), combined: false });
  writer.finish(enables.elementwise);
  return writer.words;
};
