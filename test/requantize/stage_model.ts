/** The DPU's stages on one value, exactly, with BigInt: an independent reading of the numbers that quantize/ makes. */
import type { Operand, ScaleStage, Stages } from '../../src/requantize/stages.js';

const saturate = (value: bigint, bits: number): bigint => {
  const high = (1n << BigInt(bits - 1)) - 1n;
  return value > high ? high : value < -high - 1n ? -high - 1n : value;
};

const shiftHalfAway = (value: bigint, shift: number): bigint => {
  if (shift === 0) return value;
  const half = 1n << BigInt(shift - 1);
  return value >= 0n ? (value + half) >> BigInt(shift) : -((-value + half) >> BigInt(shift));
};

const shiftTies = (value: bigint, shift: number, ties: 'even' | 'up'): bigint => {
  if (shift === 0) return value;
  const half = 1n << BigInt(shift - 1);
  const up = (value + half) >> BigInt(shift);
  const tie = (value & ((1n << BigInt(shift)) - 1n)) === half;
  return ties === 'even' && tie && (up & 1n) === 1n ? up - 1n : up;
};

const at = (operand: Operand, channel: number): bigint =>
  BigInt(typeof operand === 'number' ? operand : (operand[channel] ?? 0));

const limited = (value: bigint, limit: number | null): bigint => {
  if (limit === null) return value;
  const positive = value < 0n ? 0n : value;
  return Number.isFinite(limit) && positive > BigInt(limit) ? BigInt(limit) : positive;
};

/** BS adds before it multiplies, BN after. */
const scaleStage = (
  value: bigint,
  stage: ScaleStage | null,
  channel: number,
  order: 'add first' | 'multiply first',
) => {
  if (stage === null) return value;
  const added = stage.add === null ? 0n : at(stage.add, channel);
  const passes = stage.prelu === true && value >= 0n;
  const factor = stage.multiply === null || passes ? 1n : at(stage.multiply, channel);
  const sum = order === 'add first' ? saturate(value + added, 32) * factor : value * factor + added;
  const shift = sum < 0n ? (stage.shiftBelow ?? stage.shift) : stage.shift;
  return limited(saturate(shiftHalfAway(sum, shift), 32), stage.limit);
};

/** @param operand the second operand's code, for stages with an elementwise part */
export const applyStages = (stages: Stages, accumulator: number, channel = 0, operand = 0): number => {
  let value = scaleStage(BigInt(accumulator), stages.bs, channel, 'add first');
  value = scaleStage(value, stages.bn, channel, 'multiply first');
  if (stages.ew !== null) {
    const other = shiftTies(
      (BigInt(operand) + BigInt(stages.ew.offset)) * BigInt(stages.ew.scale),
      stages.ew.shift,
      'even',
    );
    const result =
      stages.ew.algorithm === 'multiply' ? shiftHalfAway(value * other, stages.ew.productShift ?? 0) : value + other;
    value = limited(saturate(result, 32), stages.ew.limit);
  }
  const out = shiftTies(value * BigInt(stages.out.scale), stages.out.shift, stages.out.ties);
  return Number(saturate(out + BigInt(stages.out.offset), 8));
};
