/**
 * PAD and PADV2 over height and width: a depthwise 1x1 convolution whose padding constant is the value. Where the consumer
 * is a convolution, it takes the padding itself (fuse/fuse_pad.ts).
 */
import { limits } from '../hardware/limits.js';
import { constantInts } from '../graph/graph.js';
import { maps, planes, sameCodes } from './shared/common_rules.js';
import { identityConvolution, plainGeometry } from '../ir/build/copy.js';
import type { ConvGeometry } from '../ir/operation.js';
import { planeOf, quantizationOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, type Rule } from './shared/rule.js';
import { constantCodes } from './shared/two_operands.js';

/** Pixels before and behind, for height and width; null where another dimension is padded or they are not known. */
export const spatialPadding = (context: OpContext): readonly [number, number, number, number] | null => {
  const amounts = constantInts(inputOf(context, 1));
  const rank = inputOf(context, 0)?.shape.length ?? 0;
  if (amounts?.length !== 2 * rank) return null;
  const of = (axis: number): readonly [number, number] => [amounts[2 * axis] ?? 0, amounts[2 * axis + 1] ?? 0];
  for (let axis = 0; axis < rank; axis++) {
    const spatial = axis === rank - 3 || axis === rank - 2;
    if (!spatial && of(axis).some((amount) => amount !== 0)) return null;
  }
  const [[top, bottom], [left, right]] = [of(rank - 3), of(rank - 2)];
  return [top, bottom, left, right];
};

const geometryOf = (context: OpContext): ConvGeometry | null => {
  const amounts = spatialPadding(context);
  if (amounts === null) return null;
  const [height, width, channels] = planeOf(inputOf(context, 0));
  const [top, bottom, left, right] = amounts;
  return {
    ...plainGeometry([height, width, channels], channels),
    outputHeight: height + top + bottom,
    outputWidth: width + left + right,
    padTop: top,
    padLeft: left,
  };
};

/** The code of the padding: the output's zero point, or PADV2's constant. */
const valueOf = (context: OpContext): number | null => {
  const output = outputOf(context);
  if (output === null) return null;
  const value = inputOf(context, 2);
  if (value === null) return quantizationOf(output).zeroPoint;
  return value.type === output.type && value.data?.byteLength === 1 ? (constantCodes(value)[0] ?? null) : null;
};

const amountsRule: Rule = {
  name: 'padding',
  text: `constant paddings of height and width alone, at most ${limits.pad} pixels on a side; a constant value`,
  broken: (context) => {
    const amounts = spatialPadding(context);
    if (amounts === null) return 'paddings that are not constant, or of another dimension';
    if (amounts.some((amount) => amount < 0 || amount > limits.pad)) return `paddings ${amounts.join(', ')}`;
    if (valueOf(context) === null) return 'a value that is not constant';
    const g = geometryOf(context);
    const [height, width] = planeOf(outputOf(context));
    return g?.outputHeight === height && g.outputWidth === width && Math.max(height, width) <= limits.plane
      ? null
      : `output ${shapeText(outputOf(context)?.shape ?? [])}`;
  },
};

const padOf = (op: string): OpDefinition => ({
  op,
  rules: [...sameCodes(maps(0), planes), amountsRule],
  lower: (context) => {
    const { node } = context;
    const [geometry, value] = [geometryOf(context), valueOf(context)];
    if (geometry === null || value === null) throw new Error(`${op} #${node.index}: lowered against its rules`);
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const identity = identityConvolution({ kind: 'move', nodes: [node.index], input, output }, [
      geometry.inputHeight,
      geometry.inputWidth,
      geometry.inputChannels,
    ]);
    return [{ ...identity, geometry, inputZeroPoint: value }];
  },
});

export const pad = padOf('PAD');
export const padV2 = padOf('PADV2');
