/** CONCATENATION: inputs are written where they stand in the output; what is copied, and how, is decided in place/. */
import type { Tensor } from '../graph/graph.js';
import { affineStages } from '../requantize/affine_stages.js';
import type { Stages } from '../requantize/stages.js';
import { type Area, buffer, joinChannels, moveArea, Spare, wholeArea } from '../ir/build/arrange.js';
import { allInputs, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import type { Operation } from '../ir/operation.js';
import { planeOf, quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

/** 0 height, 1 width, 2 channels; another dimension is below 0. */
const axisOf = (context: OpContext): number => {
  const rank = outputOf(context)?.shape.length ?? 0;
  const axis = context.node.params['axis'] ?? 0;
  return (axis < 0 ? axis + rank : axis) - rank + 3;
};

const inputsOf = (context: OpContext): readonly Tensor[] =>
  context.node.inputs.flatMap((_, position) => inputOf(context, position) ?? []);

/** null: the codes as they are. TFLite rounds once here, half away from zero. */
const rescaled = (input: Tensor, output: Tensor): Stages | 'none' | null => {
  const [from, to] = [quantizationOf(input), quantizationOf(output)];
  if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return null;
  const stages = affineStages({
    ratio: from.scale / to.scale,
    inputZeroPoint: from.zeroPoint,
    constants: [0],
    outputZeroPoint: to.zeroPoint,
    range: [-128, 127],
  });
  return stages === null ? 'none' : { ...stages, facts: [...stages.facts, 'int8_flying'] };
};

/** The input with the output's scale: itself, or a tensor that a rescaling makes. */
const withScale = (
  input: Tensor,
  output: Tensor,
  nodes: readonly number[],
  spare: Spare,
): { readonly area: Area; readonly operations: readonly Operation[] } => {
  const plane = planeOf(input);
  const stages = rescaled(input, output);
  if (stages === null || stages === 'none') return { area: wholeArea(input.index, plane), operations: [] };
  const made = buffer(nodes, spare.next(), plane);
  return {
    area: wholeArea(made.output, plane),
    operations: [made, { kind: 'scale', nodes, input: input.index, output: made.output, stages }],
  };
};

export const concatenation: OpDefinition = {
  op: 'CONCATENATION',
  rules: [
    oneType(allInputs),
    planes(allInputs),
    perTensor(allInputs),
    {
      name: 'axis',
      text: 'along height, width or channels, without an activation; shapes that add up to the output',
      broken: (context) => {
        const axis = axisOf(context);
        if (axis < 0 || axis > 2) return `axis ${context.node.params['axis'] ?? 0}`;
        if ((context.node.params['activation'] ?? 0) !== 0)
          return `activation ${context.node.params['activation'] ?? 0}`;
        const output = planeOf(outputOf(context));
        const inputs = inputsOf(context).map(planeOf);
        const total = inputs.reduce((sum, plane) => sum + (plane[axis] ?? 0), 0);
        const fits = inputs.every((plane) => plane.every((size, i) => i === axis || size === output[i]));
        return total === output[axis] && fits ? null : 'shapes that do not add up';
      },
    },
    {
      name: 'numbers',
      text: 'scales that two 15-bit factors carry to within half a count of TFLite',
      broken: (context) => {
        const output = outputOf(context);
        return output !== null && inputsOf(context).every((input) => rescaled(input, output) !== 'none')
          ? null
          : 'scales too far apart';
      },
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const output = outputOf(context);
    if (output === null) throw new Error(`CONCATENATION #${context.node.index}: lowered against its rules`);
    const nodes = [context.node.index];
    const spare = new Spare(context.spare);
    const parts = inputsOf(context).map((input) => withScale(input, output, nodes, spare));
    const plane = planeOf(output);
    const target = wholeArea(output.index, plane);
    const scaled = parts.flatMap(({ operations }) => operations);
    if (axisOf(context) === 2)
      return [
        ...scaled,
        ...joinChannels(
          parts.map(({ area }) => area),
          target,
          nodes,
          spare,
        ),
      ];
    const step = axisOf(context) === 0 ? plane[1] : 1;
    let first = 0;
    const moves = parts.flatMap(({ area }) => {
      const place: Area = { ...target, shape: area.shape, first };
      first += step * (area.shape[axisOf(context)] ?? 0);
      return moveArea(area, place, nodes, spare);
    });
    return [...scaled, ...moves];
  },
};
