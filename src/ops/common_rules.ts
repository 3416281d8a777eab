/** Rules that many ops share, about the feature maps that an op reads and writes. */
import type { Tensor } from '../model/graph.js';
import { activation } from '../model/operators.js';
import {
  hasPerTensorQuantization,
  inputOf,
  isByteTensor,
  isStatic,
  type OpContext,
  outputOf,
  type Rule,
  shapeText,
} from './rule.js';

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

export const planes = (of: FeatureMaps): Rule => ({
  name: 'shapes',
  text: 'static shapes of which all but the last three dimensions are 1, no constant among the feature maps',
  broken: (context) => {
    for (const tensor of of(context)) {
      if (tensor === null || tensor.constant || tensor.variable) return 'a constant or a tensor that is missing';
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
      if (tensor === null || tensor.constant || tensor.variable) return 'a constant or a tensor that is missing';
      if (!isStatic(tensor) || tensor.shape.length > 6) return `shape ${shapeText(tensor.shape)}`;
    }
    return null;
  },
});

export const perTensor = (of: FeatureMaps): Rule => ({
  name: 'quantization',
  text: 'one scale and one zero point for each tensor',
  broken: (context) =>
    of(context).every((tensor) => tensor !== null && hasPerTensorQuantization(tensor)) ? null : 'a tensor without',
});

export const oneQuantization = (of: FeatureMaps): Rule => ({
  name: 'quantization',
  text: 'the same scale and zero point for inputs and outputs',
  advice:
    'convert again with a newer converter, which gives both sides one scale, or quantize what stands on both sides alike',
  broken: (context) => {
    const [first, ...others] = of(context).map((tensor) => tensor?.quantization ?? null);
    const same = others.every(
      (other) => other?.scales[0] === first?.scales[0] && other?.zeroPoints[0] === first?.zeroPoints[0],
    );
    return same ? null : 'scales or zero points that differ';
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
  text: 'fused activation NONE, RELU, RELU6 or RELU_N1_TO_1',
  broken: ({ node }) => {
    const code = node.params['activation'] ?? 0;
    return Object.values(activation).some((known) => known === code) ? null : `activation ${code}`;
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
