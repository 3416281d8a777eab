/** CONCATENATION: inputs are written where they stand in the output; what is copied, and how, is decided in place/. */
import { type PerTensor, perTensorOf, planeOf } from '../graph/tensor.js';
import {
  type Area,
  buffer,
  joinChannels,
  moveArea,
  type Plane,
  type FreshIds,
  wholeArea,
} from '../ir/build/arrange.js';
import type { Operation } from '../ir/operation.js';
import { affineStages } from '../requantize/affine_stages.js';
import type { Stages } from '../requantize/stages.js';
import { allInputs, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { anyNode, established, formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

interface Part {
  readonly tensor: number;
  readonly plane: Plane;
  readonly quantization: PerTensor;
}

interface Parts {
  readonly inputs: readonly Part[];
  readonly output: Part;
}

/** One scale and one zero-point for each tensor. */
const parts = established(perTensor(allInputs), (context: OpContext): Parts | null => {
  const tensors = [...context.node.inputs.map((_, position) => inputOf(context, position)), outputOf(context)];
  const all = tensors.flatMap((tensor): readonly Part[] => {
    const quantization = tensor === null ? null : perTensorOf(tensor);
    return tensor === null || quantization === null
      ? []
      : [{ tensor: tensor.index, plane: planeOf(tensor), quantization }];
  });
  const [output, inputs] = [all.at(-1), all.slice(0, -1)];
  return output === undefined || all.length < tensors.length ? null : { inputs, output };
});

/** 0 height, 1 width, 2 channels. */
type Axis = 0 | 1 | 2;

const axes: readonly Axis[] = [0, 1, 2];

const axisRule: Narrowing<OpContext & Parts, { readonly axis: Axis }> = {
  name: 'axis',
  text: 'along height, width or channels, without an activation; shapes that add up to the output',
  narrow: (known) => {
    const { node, inputs, output } = known;
    const [stored, rank] = [optionOf(node, 'axis'), outputOf(known)?.shape.length];
    const axis = rank === undefined ? undefined : axes[(stored < 0 ? stored + rank : stored) - rank + 3];
    if (axis === undefined) return `axis ${stored}`;
    const activation = optionOf(node, 'activation');
    if (activation !== 0) return `activation ${activation}`;
    const total = inputs.reduce((sum, { plane }) => sum + plane[axis], 0);
    const fits = inputs.every(({ plane }) => plane.every((size, i) => i === axis || size === output.plane[i]));
    return total === output.plane[axis] && fits ? { axis } : 'shapes that do not add up';
  },
};

/** For each input: null where its codes stay as they are. */
interface Rescaled {
  readonly stages: readonly (Stages | null)[];
}

/** TFLite rounds once here, half away from zero. */
export const rescaled = (from: PerTensor, to: PerTensor): Stages | null => {
  const stages = affineStages({
    ratio: from.scale / to.scale,
    inputZeroPoint: from.zeroPoint,
    constants: [0],
    outputZeroPoint: to.zeroPoint,
    range: [-128, 127],
  });
  return stages === null ? null : { ...stages, facts: [...stages.facts, 'int8_flying'] };
};

const rescaling: Narrowing<OpContext & Parts, Rescaled> = {
  name: 'numbers',
  text: 'scales that two 15-bit factors carry to within half an LSB of TFLite',
  narrow: ({ inputs, output: { quantization: to } }) => {
    const stages: (Stages | null)[] = [];
    for (const { quantization: from } of inputs) {
      const isSame = from.scale === to.scale && from.zeroPoint === to.zeroPoint;
      const made = isSame ? null : rescaled(from, to);
      if (!isSame && made === null) return 'scales too far apart';
      stages.push(made);
    }
    return { stages };
  },
};

/** The input with the output's scale: itself, or a tensor that a rescaling makes. */
const withScale = (
  { tensor, plane }: Part,
  stages: Stages | null,
  nodes: readonly number[],
  fresh: FreshIds,
): { readonly area: Area; readonly operations: readonly Operation[] } => {
  if (stages === null) return { area: wholeArea(tensor, plane), operations: [] };
  const made = buffer(nodes, fresh.next(), plane);
  return {
    area: wholeArea(made.output, plane),
    operations: [made, { kind: 'scale', nodes, input: tensor, output: made.output, stages }],
  };
};

export const concatenation: OpDefinition = {
  op: 'CONCATENATION',
  ...formOf(
    anyNode
      .check(oneType(allInputs), planes(allInputs))
      .narrow(parts)
      .narrow(axisRule)
      .narrow(rescaling)
      .check(unseen('a copy by the DPU alone')),
    ({ chip, node, inputs, output, axis, stages }, fresh) => {
      const nodes = [node.index];
      const made = inputs.map((input, i) => withScale(input, stages[i] ?? null, nodes, fresh));
      const target = wholeArea(output.tensor, output.plane);
      const [scaled, areas] = [made.flatMap(({ operations }) => operations), made.map(({ area }) => area)];
      if (axis === 2) return [...scaled, ...joinChannels(chip, areas, target, nodes, fresh)];
      const step = axis === 0 ? output.plane[1] : 1;
      let first = 0;
      const moves = areas.flatMap((area) => {
        const place: Area = { ...target, shape: area.shape, first };
        first += step * area.shape[axis];
        return moveArea(area, place, nodes, fresh);
      });
      return [...scaled, ...moves];
    },
  ),
};
