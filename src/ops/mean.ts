/**
 * MEAN and SUM over height, width or both: a depthwise convolution with weights of 1; with the channels among them one that
 * makes a single channel. For MEAN, TFLite multiplies the sum
 * of (x - zero) by scale ratio / n, held as a 31-bit integer, on the grid of its convolutions. For SUM it is the ratio
 * alone, rounded once, as in TFLite's optimized kernel (its reference kernel takes int8 codes as uint8 and lets them
 * overflow: no yardstick).
 */
import { convStages } from '../requantize/conv_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import { kernelText, kernelWrong } from '../hardware/capability.js';
import { sumStages } from '../requantize/sum_stages.js';
import { meanMultiplier } from '../tflite/multiplier.js';
import { areaTensor, type Plane, wholeArea } from '../ir/build/arrange.js';
import { plainGeometry, unscaled } from '../ir/build/copy.js';
import { splitOf, sumOfArea } from '../ir/build/large_window.js';
import type { ConvGeometry } from '../ir/operation.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, type Check, formOf, type Narrowing } from './shared/match.js';
import { keepsFirstAxis, type Reduced, reducedArea, type ReducedAxes, reducedAxes } from './shared/reduced_axes.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import { byteMaps, type PlaneMaps, planeMaps, type QuantizedMaps, quantizedMaps } from './shared/unary.js';

const geometryOf = (plane: Plane, [rows, columns, all]: Reduced): ConvGeometry => {
  const [height, width, channels] = plane;
  return {
    ...plainGeometry(plane, all ? 1 : channels),
    kernelHeight: rows ? height : 1,
    kernelWidth: columns ? width : 1,
    outputHeight: rows ? 1 : height,
    outputWidth: columns ? 1 : width,
  };
};

interface Kernel {
  readonly geometry: ConvGeometry;
  /** The plane is larger than a kernel can be: it is added up in steps. */
  readonly large: boolean;
}

const kernel: Narrowing<OpContext & PlaneMaps & ReducedAxes, Kernel> = {
  name: 'kernel',
  text: (chip) => `${kernelText(chip)}; of a whole plane without its channels up to about 5400 pixels`,
  narrow: ({ chip, from, reduced }) => {
    const [rows, columns, all] = reduced;
    const geometry = geometryOf(from, reduced);
    const wrong = kernelWrong(chip, geometry, !all);
    if (wrong === null) return { geometry, large: false };
    return rows && columns && !all && splitOf(chip, from[0], from[1]) !== null ? { geometry, large: true } : wrong;
  },
};

const scales: Check<OpContext & QuantizedMaps> = {
  name: 'numbers',
  text: 'output scale at least 2^-8 of the input scale',
  broken: ({ inputQuantization, outputQuantization }) => {
    const { shift } = meanMultiplier(inputQuantization.scale / outputQuantization.scale, 1);
    return shift <= 8 ? null : `an effective scale of 2^${shift}`;
  },
};

const reducerOf = (op: 'MEAN' | 'SUM'): OpDefinition => ({
  op,
  keepsBatch: keepsFirstAxis,
  ...formOf(
    anyNode
      .narrow(byteMaps)
      .narrow(planeMaps)
      .narrow(quantizedMaps)
      .narrow(reducedAxes)
      .narrow(kernel)
      .check(scales, unseen('a rounding on the grid of TFLite')),
    (known, fresh) => {
      const { chip, node, input, from, geometry, inputQuantization, outputQuantization, reduced } = known;
      const channels = geometry.outputChannels;
      const depthwise = !reduced[2];
      const pixels = geometry.kernelHeight * geometry.kernelWidth;
      const count = depthwise ? pixels : pixels * geometry.inputChannels;
      const ratio = inputQuantization.scale / outputQuantization.scale;
      const inputZeroPoint = inputQuantization.zeroPoint;
      const outputZeroPoint = outputQuantization.zeroPoint;
      const numbers: ConvNumbers = {
        ...unscaled(channels),
        multipliers: [meanMultiplier(ratio, op === 'MEAN' ? count : 1)],
        bias: new Int32Array(channels).fill(-inputZeroPoint * count),
        outputZeroPoint,
      };
      const summed = op === 'SUM' ? sumStages({ ratio, count, inputZeroPoint, outputZeroPoint }) : null;
      const nodes = [node.index];
      const result = areaTensor(reducedArea(known, geometry.outputHeight, geometry.outputWidth), nodes, fresh);
      const large = known.large ? sumOfArea(chip, wholeArea(input.index, from), nodes, fresh) : null;
      return [
        ...(large?.operations ?? []),
        ...result.views,
        {
          kind: 'conv',
          nodes,
          input: large?.input ?? input.index,
          output: result.tensor,
          depthwise,
          geometry: large?.geometry ?? geometry,
          weights: large?.weights ?? new Int8Array(pixels * geometry.inputChannels).fill(1),
          weightZeroPoint: 0,
          inputZeroPoint: 0,
          numbers,
          stages: summed ?? convStages(numbers),
          residual: null,
        },
      ];
    },
  ),
});

export const mean = reducerOf('MEAN');

export const sum = reducerOf('SUM');
