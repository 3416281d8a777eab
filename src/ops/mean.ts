/**
 * MEAN over height, width or both: a depthwise convolution with weights of 1. TFLite multiplies the sum of (x - zero) by
 * scale ratio / n, held as a 31-bit integer, on the grid of its convolutions.
 */
import { constantInts } from '../model/graph.js';
import { convStages } from '../quantize/conv_stages.js';
import type { ConvNumbers } from '../quantize/division.js';
import { meanMultiplier } from '../quantize/multiplier.js';
import { areaTensor, Spare, wholeArea } from './arrange.js';
import { oneType, maps, perTensor, planes, unseen } from './common_rules.js';
import { kernelText, kernelWrong } from './convolution.js';
import { plainGeometry, unscaled } from './copy.js';
import { splitOf, sumOfPlane } from './large_window.js';
import type { ConvGeometry } from './operation.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf, quantizationOf, shapeText } from './rule.js';

/** Which of height and width are reduced; null where another axis is. */
const reducedOf = (context: OpContext): readonly [boolean, boolean] | null => {
  const rank = inputOf(context, 0)?.shape.length ?? 0;
  const axes = constantInts(inputOf(context, 1))?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? [];
  const [row, column] = [axes.includes(rank - 3), axes.includes(rank - 2)];
  return axes.length > 0 && axes.every((axis) => axis === rank - 3 || axis === rank - 2) ? [row, column] : null;
};

const geometryOf = (context: OpContext, [rows, columns]: readonly [boolean, boolean]): ConvGeometry => {
  const plane = planeOf(inputOf(context, 0));
  const [height, width, channels] = plane;
  return {
    ...plainGeometry(plane, channels),
    kernelHeight: rows ? height : 1,
    kernelWidth: columns ? width : 1,
    outputHeight: rows ? 1 : height,
    outputWidth: columns ? 1 : width,
  };
};

export const mean: OpDefinition = {
  op: 'MEAN',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    {
      name: 'axes',
      text: 'constant axes: height, width or both',
      broken: (context) => {
        const axes = constantInts(inputOf(context, 1));
        return reducedOf(context) === null
          ? `axes ${axes?.join(', ') ?? 'that are not constant'} of ${shapeText(inputOf(context, 0)?.shape ?? [])}`
          : null;
      },
    },
    {
      name: 'kernel',
      text: `${kernelText}; of a whole plane larger, where up to 15 divides its pixels`,
      broken: (context) => {
        const reduced = reducedOf(context);
        if (reduced === null) return 'no axes';
        const [height, width] = planeOf(inputOf(context, 0));
        const wrong = kernelWrong(geometryOf(context, reduced), true);
        return reduced.every(Boolean) && splitOf(height * width) !== null ? null : wrong;
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
      throw new Error(`MEAN #${node.index}: lowered against its rules`);
    const geometry = geometryOf(context, reduced);
    const channels = geometry.inputChannels;
    const count = geometry.kernelHeight * geometry.kernelWidth;
    const [from, to] = [quantizationOf(input), quantizationOf(output)];
    const numbers: ConvNumbers = {
      ...unscaled(channels),
      multipliers: [meanMultiplier(from.scale / to.scale, count)],
      bias: new Int32Array(channels).fill(-from.zeroPoint * count),
      outputZeroPoint: to.zeroPoint,
    };
    const nodes = [node.index];
    const spare = new Spare(context.spare);
    const plane = planeOf(output);
    const result = areaTensor(
      {
        ...wholeArea(output.index, plane),
        shape: [geometry.outputHeight, geometry.outputWidth, channels],
        line: geometry.outputWidth,
      },
      nodes,
      spare,
    );
    const large = kernelWrong(geometry, true) === null ? null : sumOfPlane(input.index, planeOf(input), nodes, spare);
    return [
      ...(large?.operations ?? []),
      ...result.views,
      {
        kind: 'conv',
        nodes,
        input: large?.input ?? input.index,
        output: result.tensor,
        depthwise: true,
        geometry: large?.geometry ?? geometry,
        weights: large?.weights ?? new Int8Array(count * channels).fill(1),
        weightZeroPoint: 0,
        inputZeroPoint: 0,
        numbers,
        stages: convStages(numbers),
        residual: null,
      },
    ];
  },
};
