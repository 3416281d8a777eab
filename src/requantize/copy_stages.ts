/** Codes as they come, and codes with a scale of their own. */
import { activationLimit, type ConvNumbers } from './division.js';
import { convStages } from './conv_stages.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { Operand, Stages } from './stages.js';

/** Nothing but the DPU's saturation. Exact. */
export const copyStages: Stages = {
  bs: null,
  bn: null,
  ew: null,
  out: { scale: 1, shift: 0, offset: 0, ties: 'even' },
  mismatch: 0,
  facts: [],
};

/** Codes as the reader repeats them. */
export const unpoolStages: Stages = { ...copyStages, facts: ['unpooling', 'unpooling_channels', 'output_notch'] };

export interface ScaleNumbers {
  readonly inputZeroPoint: number;
  readonly multiplier: QuantizedMultiplier;
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

/** The one channel's operand as a number: such a task has no operands in memory. What the technique adds to it stays. */
const single = (operand: Operand | null): Operand | null =>
  operand === null || typeof operand === 'number' ? operand : (operand[0] ?? null);

/** (x - zero) * multiplier on TFLite's grid, for a task without convolution: all operands in registers. */
export const scaleStages = ({ inputZeroPoint, multiplier, outputZeroPoint, range }: ScaleNumbers): Stages => {
  const numbers: ConvNumbers = {
    multipliers: [multiplier],
    bias: Int32Array.of(-inputZeroPoint),
    dead: [false],
    outputZeroPoint,
    range,
  };
  const unity = multiplier.mantissa === 2 ** 30 && multiplier.shift === 1;
  const limit = activationLimit(numbers, 0);
  if (unity) {
    return {
      ...copyStages,
      bs: { add: -inputZeroPoint, multiply: null, shift: 0, limit },
      out: { ...copyStages.out, offset: outputZeroPoint },
      facts: ['int8_flying', ...(limit === null ? [] : ['relux_limit_position'])],
    };
  }
  const stages = convStages(numbers);
  return {
    ...stages,
    bs: stages.bs === null ? null : { ...stages.bs, add: single(stages.bs.add) },
    facts: [...stages.facts, 'int8_flying'],
  };
};
