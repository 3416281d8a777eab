/**
 * precision=best. TFLite rounds away from zero twice, which the stages reproduce from the zero-point up; below it a value
 * in some thousands differs. So a convolution of both signs becomes two with ReLU, of which one has the weights negated, and
 * the second is taken from the first: every value is TFLite's.
 */
import { buffer, FreshIds } from '../ir/build/arrange.js';
import type { ConvOperation, Operation } from '../ir/operation.js';
import { subtractStages } from '../requantize/add_stages.js';
import { convStages } from '../requantize/conv_stages.js';
import { codeMax, codeMin, type ConvNumbers } from '../requantize/division.js';

/** Share of differing values below which one task is as good as two. */
const negligible = 1e-6;

/** From the zero-point up, which becomes the lowest code: all that an output of 256 codes can hold on that side. */
const upwards = (numbers: ConvNumbers): ConvNumbers => ({
  ...numbers,
  outputZeroPoint: codeMin,
  range: [codeMin, codeMax],
});

/** -(w - z) is (-1 - w) - (-1 - z), where every code has its opposite. */
const complement = (code: number): number => -1 - code;

const negated = (conv: ConvOperation): Pick<ConvOperation, 'weights' | 'weightZeroPoint' | 'numbers'> => ({
  weights: conv.weights.map(complement),
  weightZeroPoint: complement(conv.weightZeroPoint),
  numbers: { ...conv.numbers, bias: conv.numbers.bias.map((bias) => -bias) },
});

const split = (conv: ConvOperation, fresh: FreshIds): readonly Operation[] | null => {
  const { nodes, output, geometry, numbers } = conv;
  const difference = subtractStages({
    firstScale: 1,
    firstZeroPoint: codeMin,
    secondScale: 1,
    secondZeroPoint: codeMin,
    outputScale: 1,
    outputZeroPoint: numbers.outputZeroPoint,
    range: [codeMin, codeMax],
  });
  if (difference === null) return null;
  const shape = [geometry.outputHeight, geometry.outputWidth, geometry.outputChannels] as const;
  const [above, below] = [buffer(nodes, fresh.next(), shape), buffer(nodes, fresh.next(), shape)];
  const other = negated(conv);
  return [
    above,
    below,
    { ...conv, output: above.output, numbers: upwards(numbers) },
    { ...conv, ...other, output: below.output, numbers: upwards(other.numbers) },
    { kind: 'pair', nodes, output, inputs: [above.output, below.output], stages: difference },
  ];
};

/** @param firstFresh the first tensor index that nothing uses */
export const twoSigns = (operations: readonly Operation[], firstFresh: number): readonly Operation[] => {
  const fresh = new FreshIds(firstFresh);
  return operations.flatMap((operation): readonly Operation[] => {
    if (operation.kind !== 'conv' || operation.stages !== null) return [operation];
    const { range, outputZeroPoint } = operation.numbers;
    const bothSigns = range[0] === codeMin && range[1] === codeMax && outputZeroPoint > codeMin;
    if (!bothSigns || convStages(operation.numbers).mismatch <= negligible) return [operation];
    return split(operation, fresh) ?? [operation];
  });
};
