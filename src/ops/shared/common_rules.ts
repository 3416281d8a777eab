/** Rules that many ops share, about the feature maps that an op reads and writes. */
import type { Tensor } from '../../graph/graph.js';
import { activation } from '../../tflite/operators.js';
import { hasPerTensorQuantization, isByteTensor, isStatic, shapeText } from '../../graph/tensor.js';
import { optionOf } from '../../graph/options.js';
import { inputOf, type OpContext, outputOf, type Rule } from './rule.js';

/** The feature maps of a node, null for one that is missing. */
export type FeatureMaps = (context: OpContext) => readonly (Tensor | null)[];

/** Inputs at some positions, then the output. */
export const maps =
  (...positions: readonly number[]): FeatureMaps =>
  (context) => [...positions.map((position) => inputOf(context, position)), outputOf(context)];

export const allInputs: FeatureMaps = (context) => [
  ...context.node.inputs.map((_, position) => inputOf(context, position)),
  outputOf(context),
];

export const oneType = (of: FeatureMaps): Rule => ({
  name: 'types',
  text: 'inputs and outputs int8, or all uint8',
  broken: (context) => {
    const types = of(context).map((tensor) => tensor?.type ?? 'absent');
    return types.every((type) => type === types[0]) && (types[0] === 'int8' || types[0] === 'uint8')
      ? null
      : `types ${[...new Set(types)].join(', ')}`;
  },
});

export const byteTypes = (of: FeatureMaps): Rule => ({
  name: 'types',
  text: 'inputs and outputs int8 or uint8',
  broken: (context) => {
    const other = of(context).find((tensor) => !isByteTensor(tensor));
    return other === undefined ? null : `type ${other?.type ?? 'absent'}`;
  },
});

/** Why a tensor is no feature map. */
export const unusableTensor = (tensor: Tensor | null): string | null => {
  if (tensor === null) return 'a feature map that is missing';
  if (tensor.constant) return `tensor ${tensor.index}, a constant`;
  return tensor.variable ? `tensor ${tensor.index}, a variable` : null;
};

export const planes = (of: FeatureMaps): Rule => ({
  name: 'shapes',
  text: 'static shapes, dimensions before height, width and channels 1 but for the batch, which stands before them and is that of all feature maps; no constant among these',
  broken: (context) => {
    for (const tensor of of(context)) {
      const unusable = unusableTensor(tensor);
      if (tensor === null || unusable !== null) return unusable;
      if (!isStatic(tensor) || tensor.shape.slice(0, -3).some((dim) => dim !== 1) || tensor.shape.length > 6)
        return `shape ${shapeText(tensor.shape)}`;
    }
    return null;
  },
});

/** As `planes`, for ops that take the dimensions before the last two as rows. */
export const rows = (of: FeatureMaps): Rule => ({
  name: 'shapes',
  text: 'static shapes, no constant among the feature maps',
  broken: (context) => {
    for (const tensor of of(context)) {
      const unusable = unusableTensor(tensor);
      if (tensor === null || unusable !== null) return unusable;
      if (!isStatic(tensor) || tensor.shape.length > 6) return `shape ${shapeText(tensor.shape)}`;
    }
    return null;
  },
});

/** A tensor and its quantization, for messages. */
const quantizationText = ({ index, type, quantization }: Tensor): string => {
  const { scales = [], zeroPoints = [] } = quantization ?? {};
  const some = (values: readonly number[], what: string): string =>
    values.length === 0
      ? `without a ${what}`
      : values.length === 1
        ? `with ${what} ${values[0]}`
        : `with ${values.length} ${what}s`;
  return `${type} tensor ${index} ${some(scales, 'scale')}, ${some(zeroPoints, 'zero-point')}`;
};

export const perTensor = (of: FeatureMaps): Rule => ({
  name: 'quantization',
  text: 'one finite scale above 0 and one zero-point of the type for each tensor',
  broken: (context) => {
    const wrong = of(context).find((tensor) => tensor === null || !hasPerTensorQuantization(tensor));
    return wrong === undefined ? null : wrong === null ? 'a tensor that is missing' : quantizationText(wrong);
  },
});

export const oneQuantization = (of: FeatureMaps): Rule => ({
  name: 'quantization',
  text: 'the same scale and zero-point for inputs and outputs',
  advice:
    'convert again with a newer converter, which gives both sides one scale, or use the same scale and zero-point for input and output',
  broken: (context) => {
    const [first = null, ...others] = of(context);
    const other = others.find(
      (one) =>
        one?.quantization?.scales[0] !== first?.quantization?.scales[0] ||
        one?.quantization?.zeroPoints[0] !== first?.quantization?.zeroPoints[0],
    );
    if (other === undefined) return null;
    return `${[first, other].map((tensor) => (tensor === null ? 'no tensor' : quantizationText(tensor))).join('; ')}`;
  },
});

/** Ops that move codes and change none. @param shapes `planes` or `rows` */
export const sameCodes = (of: FeatureMaps, shapes: (of: FeatureMaps) => Rule): readonly Rule[] => [
  oneType(of),
  shapes(of),
  perTensor(of),
  oneQuantization(of),
];

export const knownActivation: Rule = {
  name: 'activation',
  text: 'fused activation NONE, RELU, RELU6 or RELU_N1_TO_1, limits in codes of the output: with one scale and zero-point',
  broken: (context) => {
    const code = optionOf(context.node, 'activation');
    if (!Object.values(activation).some((known) => known === code)) return `activation ${code}`;
    const output = outputOf(context);
    return code === activation.none || (output !== null && hasPerTensorQuantization(output))
      ? null
      : `activation ${code} to ${output === null ? 'no tensor' : quantizationText(output)}`;
  },
};

/**
 * Says what trust=seen depends on. Whether a node keeps it its lowered form tells (`partition/trusted.ts`).
 * @param what the form of its tasks
 */
export const unseen = (what: string): Rule => ({
  name: 'trust',
  text: `with trust=seen: ${what}, as far as a board or a shipped compiler has shown it (ptfe npu facts)`,
  broken: () => null,
});
