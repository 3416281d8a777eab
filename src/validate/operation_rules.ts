/** Lists of operations, as they are lowered and fused: what `ir/operation.ts` says of each kind. */
import { blockPlane } from '../ir/operation.js';
import type { Graph, Part } from '../graph/graph.js';
import { isByteTensor } from '../graph/tensor.js';
import type { Chip } from '../hardware/chips.js';
import { type ConvOperation, type HostOperation, type Operation, operandsOf } from '../ir/operation.js';
import { wholesOf } from '../fuse/wholes.js';
import { type Plane, planesOf, planeText, type Planes, samePlane } from './planes.js';
import { breach, firstBreach, type Rule } from './rule.js';

export interface OperationData {
  readonly chip: Chip;
  readonly graph: Graph;
  readonly part: Part;
  readonly operations: readonly Operation[];
}

const isCode = (value: number): boolean => Number.isInteger(value) && value >= -128 && value <= 127;

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;

const atoms = ([height, width]: Plane): number => height * width;
const values = ([height, width, channels]: Plane): number => height * width * channels;

const planeIs = (planes: Planes, tensor: number, wanted: Plane): string | null =>
  samePlane(planes(tensor), wanted) ? null : `t${tensor} is ${planeText(planes(tensor))} and not ${planeText(wanted)}`;

const wrongConv = (
  { input, output, geometry: g, depthwise, residual }: ConvOperation,
  planes: Planes,
): string | null => {
  const sizes = [g.kernelHeight, g.kernelWidth, g.strideY, g.strideX, g.dilationY, g.dilationX];
  if (!sizes.every(isCount)) return `kernel, stride and dilation ${sizes.join()}`;
  if (depthwise && g.inputChannels !== g.outputChannels)
    return `${g.inputChannels} channels to ${g.outputChannels}, each by itself`;
  const result: Plane = [g.outputHeight, g.outputWidth, g.outputChannels];
  return (
    planeIs(planes, input, [g.inputHeight, g.inputWidth, g.inputChannels]) ??
    planeIs(planes, output, result) ??
    (residual === null ? null : planeIs(planes, residual.operand, result))
  );
};

const wrongHost = ({ input, output, kernel }: HostOperation, planes: Planes): string | null => {
  const [from, to] = [planes(input), planes(output)];
  if (from === null || to === null) return 'a tensor of no known shape';
  if (kernel.kind === 'permute') {
    const count = kernel.shape.reduce((product, dim) => product * dim, 1);
    const axes = [...kernel.order].sort((a, b) => a - b);
    if (axes.length !== kernel.shape.length || axes.some((axis, i) => axis !== i))
      return `order ${kernel.order.join()}`;
    return values(from) === count && values(to) === count
      ? null
      : `${count} values of ${values(from)}, to ${values(to)}`;
  }
  const wrong = (positions: readonly { lower: number; upper: number }[], length: number): boolean =>
    positions.some(({ lower, upper }) => lower < 0 || upper < lower || upper >= length);
  if (kernel.columns.length !== to[1] || wrong(kernel.rows, from[0]) || wrong(kernel.columns, from[1]))
    return `${planeText(from)} to ${kernel.rows.length}x${kernel.columns.length}, t${output} is ${planeText(to)}`;
  return from[2] === to[2] ? null : `${from[2]} channels to ${to[2]}`;
};

const wrongPlanes = (operation: Operation, planes: Planes): string | null => {
  const of = (tensor: number): string | null => (planes(tensor) === null ? `t${tensor} is of no known shape` : null);
  const unknown = [...operandsOf(operation), operation.output].map(of).find((text) => text !== null);
  if (unknown !== undefined) return unknown;
  const [first] = operandsOf(operation);
  const [input, output] = [first === undefined ? null : planes(first), planes(operation.output)];
  switch (operation.kind) {
    case 'conv':
      return wrongConv(operation, planes);
    case 'host':
      return wrongHost(operation, planes);
    case 'add':
    case 'clamp':
    case 'scale':
    case 'copy':
      return (
        operandsOf(operation)
          .map((tensor) => output && planeIs(planes, tensor, output))
          .find((text) => text) ?? null
      );
    case 'pair': {
      const [first, second] = operation.inputs;
      if (output === null) return null;
      const pixel: Plane = [1, 1, output[2]];
      const perChannel = operation.stages.ew?.perChannel === true || samePlane(planes(second), pixel);
      return planeIs(planes, first, output) ?? planeIs(planes, second, perChannel ? pixel : output);
    }
    case 'unpool':
      return input && planeIs(planes, operation.output, [2 * input[0], 2 * input[1], input[2]]);
    case 'move':
    case 'piece':
      return input && output && atoms(input) === atoms(output) && input[2] === output[2]
        ? null
        : `${planeText(input)} to ${planeText(output)}`;
    case 'blocks': {
      const { size, top, left } = operation.blocks;
      if (size < 2 || top < 0 || top >= size || left < 0 || left >= size)
        return `blocks of ${size} from ${top}, ${left}`;
      return input && planeIs(planes, operation.output, blockPlane(input, operation.blocks));
    }
    case 'border':
      return input && output && values(input) === values(output) ? null : `${planeText(input)} to ${planeText(output)}`;
    case 'pad': {
      const { shape, size, top, left } = operation;
      const fits = size[0] >= top + shape[0] && size[1] >= left + shape[1] && Math.min(top, left) >= 0;
      if (!fits) return `${planeText(shape)} at ${top}, ${left} of ${size.join('x')}`;
      return planeIs(planes, operation.input, shape) ?? planeIs(planes, operation.output, [...size, shape[2]]);
    }
    case 'view':
    case 'constant':
      return operation.shape.every(isCount) ? null : `a shape of ${planeText(operation.shape)}`;
  }
};

const wrongNumbers = (operation: Operation): string | null => {
  if (operation.kind === 'conv') {
    const { geometry: g, depthwise, weights, numbers, stages } = operation;
    const count = g.kernelHeight * g.kernelWidth * g.inputChannels * (depthwise ? 1 : g.outputChannels);
    if (weights.length !== count) return `${weights.length} weights in the place of ${count}`;
    const { bias, multipliers } = numbers;
    if (stages === null && bias.length !== g.outputChannels)
      return `${bias.length} biases for ${g.outputChannels} channels`;
    if (stages === null && ![1, g.outputChannels].includes(multipliers.length))
      return `${multipliers.length} multipliers for ${g.outputChannels} channels`;
    return [operation.weightZeroPoint, operation.inputZeroPoint].every(isCode) ? null : 'a zero-point that is no code';
  }
  if (operation.kind === 'pad') return isCode(operation.value) ? null : `value ${operation.value}`;
  if (operation.kind === 'clamp') {
    const [low, high] = operation.range;
    return isCode(low) && isCode(high) && low <= high ? null : `range ${low} to ${high}`;
  }
  if (operation.kind === 'constant') {
    const count = values(operation.shape);
    return operation.codes.length === count ? null : `${operation.codes.length} codes in the place of ${count}`;
  }
  return null;
};

const wrongView = (operation: Operation, chip: Chip, planes: Planes): string | null => {
  if (operation.kind !== 'view' || operation.whole === null) return null;
  const { whole, shape, channel, first, line } = operation;
  const plane = planes(whole);
  if (plane === null) return `t${whole} is of no known shape`;
  if (channel % chip.atoms.channels !== 0) return `it starts at channel ${channel}, inside an atom`;
  const end = first + (shape[0] - 1) * line + shape[1];
  const channels = Math.ceil(plane[2] / chip.atoms.channels) * chip.atoms.channels;
  const inside = first >= 0 && channel >= 0 && end <= atoms(plane) && channel + shape[2] <= channels;
  if (!inside)
    return `atoms ${first} to ${end - 1}, channels ${channel} to ${channel + shape[2] - 1} of ${planeText(plane)}`;
  return shape[0] === 1 || line >= shape[1] ? null : `rows of ${shape[1]} atoms every ${line} atoms`;
};

export const operationRules: readonly Rule<OperationData>[] = [
  {
    name: 'types',
    text: 'tensors of the graph that operations name hold bytes',
    broken: ({ graph, operations }) =>
      firstBreach(operations, (operation) => {
        const other = [...operandsOf(operation), operation.output].find((tensor) => {
          const known = graph.tensors.get(tensor);
          return known !== undefined && !isByteTensor(known);
        });
        return other === undefined ? null : `t${other} is ${graph.tensors.get(other)?.type ?? 'unknown'}`;
      }),
  },
  {
    name: 'names',
    text: 'views, constants, pieces and blocks make tensors that are not in the graph, each once and before it is named',
    broken: ({ graph, operations }) => {
      const made = new Set<number>();
      return firstBreach(operations, (operation) => {
        const unknown = operandsOf(operation).find((tensor) => !graph.tensors.has(tensor) && !made.has(tensor));
        if (unknown !== undefined) return `t${unknown} is not made before`;
        if (!['view', 'constant', 'piece', 'blocks'].includes(operation.kind))
          return graph.tensors.has(operation.output) || made.has(operation.output)
            ? null
            : `t${operation.output} is not made before`;
        if (graph.tensors.has(operation.output)) return `t${operation.output} is in the graph`;
        if (made.has(operation.output)) return `t${operation.output} is made twice`;
        made.add(operation.output);
        return null;
      });
    },
  },
  {
    name: 'planes',
    text: 'tensors have the planes that the operation takes and makes',
    broken: ({ graph, operations }) => {
      const planes = planesOf(graph, operations);
      return firstBreach(operations, (operation) => wrongPlanes(operation, planes));
    },
  },
  {
    name: 'numbers',
    text: 'as many weights, biases and codes as the shapes ask for, codes within -128 to 127',
    broken: ({ operations }) => firstBreach(operations, wrongNumbers),
  },
  {
    name: 'views',
    text: 'a view begins at an atom and lies in the planes of its whole, its rows apart from each other',
    broken: ({ chip, graph, operations }) => {
      const planes = planesOf(graph, operations);
      return firstBreach(operations, (operation) => wrongView(operation, chip, planes));
    },
  },
  {
    // A tensor that nothing at all writes is refused by name, not a bug (partition/part_rules.ts).
    name: 'order',
    text: 'what an operation reads is not written behind it alone',
    broken: ({ operations, part }) => {
      const wholeOf = wholesOf(operations);
      const writes = operations.filter(({ kind }) => kind !== 'view');
      const all = new Set(writes.map(({ output }) => wholeOf(output)));
      const ready = new Set(part.inputs.map(wholeOf));
      return firstBreach(writes, (operation) => {
        const late = operandsOf(operation).find((tensor) => all.has(wholeOf(tensor)) && !ready.has(wholeOf(tensor)));
        ready.add(wholeOf(operation.output));
        return late === undefined ? null : `t${late} is written later`;
      });
    },
  },
  {
    name: 'kept',
    text: 'what stands among the constants, or is given to the part, is not written',
    broken: ({ operations, part }) => {
      const wholeOf = wholesOf(operations);
      const kept = new Set(part.inputs.map(wholeOf));
      for (const { kind, output } of operations) {
        const first = operations.find((op) => op.kind !== 'view' && op.kind !== 'constant' && op.output === output);
        if (kind === 'constant' && first !== undefined) return breach(first, `t${output} is a constant`);
      }
      return firstBreach(operations, ({ kind, output }) =>
        kind !== 'view' && kept.has(wholeOf(output)) ? `t${output} is an input of the part` : null,
      );
    },
  },
  {
    name: 'borders',
    text: "what a border has outside is the part's, and nothing else reads or writes it",
    broken: ({ operations, part }) =>
      firstBreach(operations, (operation, position) => {
        if (operation.kind !== 'border' && operation.kind !== 'blocks') return null;
        const { input, output } = operation;
        const side = operation.kind === 'blocks' ? 'input' : operation.side;
        const [outside, ends] = side === 'input' ? [input, part.inputs] : [output, part.outputs];
        if (!ends.includes(outside)) return `t${outside} is no ${side} of the part`;
        const others = operations.filter((_, i) => i !== position);
        return others.some((other) => [...operandsOf(other), other.output].includes(outside))
          ? `t${outside} is named by another operation`
          : null;
      }),
  },
  {
    name: 'kinds',
    text: 'what was not placed holds moves in the place of copies',
    broken: ({ operations }) => firstBreach(operations, ({ kind }) => (kind === 'copy' ? 'a copy' : null)),
  },
];
