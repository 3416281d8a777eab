/**
 * Per-channel operands of BS and BN in memory, in groups of 8 channels: of the enabled ones, in this order, 8 int32 to
 * add (A), 8 int16 added to the weights (B, CPEND), 8 int16 multipliers (C). Source: decoded vendor buffers (RK3588,
 * RK3576); the packing of BN's is inferred to be the same.
 */
import { int32At } from '../in_range.js';
import type { Operand, ScaleStage } from '../requantize/stages.js';
import { alignUp } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';

/** Multiplier of lanes without a channel: 0 would gate off its group of 8. */
const idleMultiplier = 2 ** 14;

const valueAt = (operand: Operand, channel: number): number =>
  typeof operand === 'number' ? operand : int32At(operand, channel);

export interface OperandBuffer {
  readonly bytes: Uint8Array;
  readonly holds: { readonly add: boolean; readonly cpend: boolean; readonly multiply: boolean };
}

const groupBytesOf = ({ operandChannels }: Chip['atoms'], holds: OperandBuffer['holds']): number =>
  operandChannels * ((holds.add ? 4 : 0) + (holds.cpend ? 2 : 0) + (holds.multiply ? 2 : 0));

/** What of a stage stands in memory; null: nothing. @param hasOffset whether weights have a value added to them */
const heldInMemory = (stage: ScaleStage | null, hasOffset: boolean): OperandBuffer['holds'] | null => {
  const [add, multiply] = [stage?.add instanceof Int32Array, stage?.multiply instanceof Int32Array];
  return add || multiply ? { add, cpend: multiply && hasOffset, multiply } : null;
};

/** Bytes that `operandBuffer` would have. */
export const operandBytes = (
  { atoms }: Chip,
  stage: ScaleStage | null,
  hasOffset: boolean,
  written: number,
): number => {
  const holds = heldInMemory(stage, hasOffset);
  return holds === null ? 0 : Math.ceil(written / atoms.operandChannels) * groupBytesOf(atoms, holds);
};

/**
 * The operands of a stage that stand in memory; scalars stay in registers unless `addInMemory`.
 * @param cpend value added to every weight, where it must stand in the same group (BS of a per-channel task)
 * @param written channels that the DPU writes, padding lanes included
 * @returns null when nothing stands in memory
 */
export const operandBuffer = (
  { atoms }: Chip,
  stage: ScaleStage | null,
  cpend: number | null,
  first: number,
  count: number,
  written: number,
): OperandBuffer | null => {
  const holds = heldInMemory(stage, cpend !== null);
  if (holds === null) return null;
  const { operandChannels: groupChannels } = atoms;
  const add = stage?.add instanceof Int32Array ? stage.add : null;
  const multiply = stage?.multiply instanceof Int32Array ? stage.multiply : null;
  const [wide, short] = [4 * groupChannels, 2 * groupChannels];
  const groupBytes = groupBytesOf(atoms, holds);
  const groups = alignUp(written, groupChannels) / groupChannels;
  const bytes = new Uint8Array(groups * groupBytes);
  const view = new DataView(bytes.buffer);
  for (let channel = 0; channel < groups * groupChannels; channel++) {
    const live = channel < count;
    const lane = channel % groupChannels;
    let place = Math.floor(channel / groupChannels) * groupBytes;
    if (add !== null) {
      view.setInt32(place + 4 * lane, live ? valueAt(add, first + channel) : 0, true);
      place += wide;
    }
    if (holds.cpend && cpend !== null) {
      view.setInt16(place + 2 * lane, cpend, true);
      place += short;
    }
    if (multiply !== null)
      view.setInt16(place + 2 * lane, live ? valueAt(multiply, first + channel) : idleMultiplier, true);
  }
  return { bytes, holds };
};
