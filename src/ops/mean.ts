/**
 * MEAN and SUM over height, width or both: a depthwise convolution with weights of 1; with the channels among them one that
 * makes a single channel. For MEAN, TFLite multiplies the sum
 * of (x - zero) by scale ratio / n, held as a 31-bit integer, on the grid of its convolutions. For SUM it is the ratio
 * alone, rounded once, as in TFLite's optimized kernel (its reference kernel takes int8 codes as uint8 and lets them
 * overflow: no yardstick).
 */
import { convStages } from '../requantize/conv_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import { meanMultiplier } from '../tflite/multiplier.js';
import { sumStages } from '../requantize/sum_stages.js';
import { areaTensor, Spare, wholeArea } from '../ir/build/arrange.js';
import { maps, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { kernelText, kernelWrong } from './convolution.js';
import { plainGeometry, unscaled } from '../ir/build/copy.js';
import { splitOf, sumOfArea } from '../ir/build/large_window.js';
import type { ConvGeometry } from '../ir/operation.js';
import { keepsFirstAxis, mapAxes, type Reduced, reducedArea, reducedOf } from './shared/reduced_axes.js';
import { planeOf, quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

const geometryOf = (context: OpContext, [rows, columns, all]: Reduced): ConvGeometry => {
  const plane = planeOf(inputOf(context, 0));
  const [height, width, channels] = plane;
  return {
    ...plainGeometry(plane, all ? 1 : channels),
    kernelHeight: rows ? height : 1,
    kernelWidth: columns ? width : 1,
    outputHeight: rows ? 1 : height,
    outputWidth: columns ? 1 : width,
  };
};

const reducerOf = (op: 'MEAN' | 'SUM'): OpDefinition => ({
  op,
  keepsBatch: keepsFirstAxis,
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    mapAxes,
    {
      name: 'kernel',
      text: `${kernelText}; of a whole plane without its channels up to about 5400 pixels`,
      broken: (context) => {
        const reduced = reducedOf(context);
        if (reduced === null) return 'no axes';
        const [height, width] = planeOf(inputOf(context, 0));
        const [rows, columns, all] = reduced;
        const wrong = kernelWrong(geometryOf(context, reduced), !all);
        return rows && columns && !all && splitOf(height, width) !== null ? null : wrong;
      },
    },
    {
      name: 'numbers',
      text: 'output scale at least 2^-8 of the input scale',
      broken: (context) => {
        const [input, output] = [inputOf(context, 0), outputOf(context)];
        if (input === null || output === null) return 'tensors missing';
        const { shift } = meanMultiplier(quantizationOf(input).scale / quantizationOf(output).scale, 1);
        return shift <= 8 ? null : `an effective scale of 2^${shift}`;
      },
    },
    unseen('a rounding on the grid of TFLite'),
  ],
  lower: (context) => {
    const { node } = context;
    const [input, output, reduced] = [inputOf(context, 0), outputOf(context), reducedOf(context)];
    if (input === null || output === null || reduced === null)
      throw new Error(`${op} #${node.index}: lowered against its rules`);
    const geometry = geometryOf(context, reduced);
    const channels = geometry.outputChannels;
    const depthwise = !reduced[2];
    const pixels = geometry.kernelHeight * geometry.kernelWidth;
    const count = depthwise ? pixels : pixels * geometry.inputChannels;
    const [from, to] = [quantizationOf(input), quantizationOf(output)];
    const numbers: ConvNumbers = {
      ...unscaled(channels),
      multipliers: [meanMultiplier(from.scale / to.scale, op === 'MEAN' ? count : 1)],
      bias: new Int32Array(channels).fill(-from.zeroPoint * count),
      outputZeroPoint: to.zeroPoint,
    };
    const once = { ratio: from.scale / to.scale, count, inputZeroPoint: from.zeroPoint, outputZeroPoint: to.zeroPoint };
    const summed = op === 'SUM' ? sumStages(once) : null;
    const nodes = [node.index];
    const spare = new Spare(context.spare);
    const area = reducedArea(context, geometry.outputHeight, geometry.outputWidth);
    const result = areaTensor(area, nodes, spare);
    const large =
      !depthwise || kernelWrong(geometry, true) === null
        ? null
        : sumOfArea(wholeArea(input.index, planeOf(input)), nodes, spare);
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
});

export const mean = reducerOf('MEAN');

export const sum = reducerOf('SUM');
