/** What an operation has of each channel, for some of them. */
import type { ConvOperation } from '../ir/operation.js';
import type { ConvNumbers } from '../requantize/division.js';
import type { Operand, ScaleStage, Stages } from '../requantize/stages.js';
import { lengthOf, type Range } from './box.js';

const part = <T>(values: readonly T[], [from, to]: Range): readonly T[] =>
  values.length <= 1 ? values : values.slice(from, to);

/** OHWI; depthwise 1HWC. */
export const channelWeights = ({ weights, geometry: g, depthwise }: ConvOperation, range: Range): Int8Array => {
  const taps = g.kernelHeight * g.kernelWidth;
  if (!depthwise) return weights.slice(range[0] * taps * g.inputChannels, range[1] * taps * g.inputChannels);
  const count = lengthOf(range);
  const own = new Int8Array(taps * count);
  for (let tap = 0; tap < taps; tap++) {
    const from = tap * g.outputChannels;
    own.set(weights.subarray(from + range[0], from + range[1]), tap * count);
  }
  return own;
};

export const channelNumbers = (numbers: ConvNumbers, range: Range): ConvNumbers => ({
  ...numbers,
  multipliers: part(numbers.multipliers, range),
  bias: numbers.bias.slice(...range),
  dead: numbers.dead.slice(...range),
  ...(numbers.reach === undefined ? {} : { reach: numbers.reach.slice(...range) }),
});

const channelOperand = (operand: Operand | null, range: Range): Operand | null =>
  operand === null || typeof operand === 'number' ? operand : operand.slice(...range);

const channelStage = (stage: ScaleStage | null, range: Range): ScaleStage | null =>
  stage === null
    ? null
    : { ...stage, add: channelOperand(stage.add, range), multiply: channelOperand(stage.multiply, range) };

export const channelStages = (stages: Stages, range: Range): Stages => ({
  ...stages,
  bs: channelStage(stages.bs, range),
  bn: channelStage(stages.bn, range),
});
