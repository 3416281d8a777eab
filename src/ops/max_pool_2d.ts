/**
 * MAX_POOL_2D: elementwise maxima of the plane and of itself shifted, first over rows, then over columns. Nothing is
 * rounded, so every value is TFLite's. Padding is a copy with the smallest code around it.
 */
import { limits } from '../hardware/limits.js';
import { extremeStages } from '../quantize/add_stages.js';
import { type Area, areaTensor, buffer, type Plane, Spare, wholeArea } from './arrange.js';
import { knownActivation, maps, oneQuantization, oneType, perTensor, planes, unseen } from './common_rules.js';
import { codeRange } from './code_range.js';
import { identityConvolution } from './copy.js';
import type { ConvOperation, Operation } from './operation.js';
import { type Axis, axisOf } from './pool_windows.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf, shapeText } from './rule.js';

/** The NPU's code. */
const smallestCode = -128;

const axesOf = (context: OpContext): readonly [Axis, Axis] => {
  const [height, width] = planeOf(inputOf(context, 0));
  const { padding: mode = 0, filterH = 0, filterW = 0, strideH = 0, strideW = 0 } = context.node.params;
  return [axisOf(height, filterH, strideH, mode), axisOf(width, filterW, strideW, mode)];
};

/** What the windows reach over, padding included; at least the plane itself. */
const spanOf = ({ length, kernel, stride, pad, outputs }: Axis): number =>
  Math.max(length + pad, (outputs - 1) * stride + kernel);

/** Writes the operations of one pool, each into memory of its own until the last. */
class Steps {
  readonly operations: Operation[] = [];
  readonly #nodes: readonly number[];
  readonly #spare: Spare;
  constructor(nodes: readonly number[], spare: Spare) {
    this.#nodes = nodes;
    this.#spare = spare;
  }
  tensorOf(area: Area): number {
    const { tensor, views } = areaTensor(area, this.#nodes, this.#spare);
    this.operations.push(...views);
    return tensor;
  }
  #buffer(shape: Plane): Area {
    const made = buffer(this.#nodes, this.#spare.next(), shape);
    this.operations.push(made);
    return wholeArea(made.output, shape);
  }
  larger(first: Area, second: Area): Area {
    const output = this.#buffer(first.shape);
    const inputs = [this.tensorOf(first), this.tensorOf(second)] as const;
    this.operations.push({
      kind: 'pair',
      nodes: this.#nodes,
      inputs,
      output: output.tensor,
      stages: extremeStages('max'),
    });
    return output;
  }
  /** A copy with padding around it, or of each `strideX`-th column. */
  copy(from: Area, shape: Plane, geometry: Partial<ConvOperation['geometry']>): Area {
    const output = this.#buffer(shape);
    const move = {
      kind: 'move',
      nodes: this.#nodes,
      input: this.tensorOf(from),
      output: output.tensor,
    } as const;
    const identity = identityConvolution(move, from.shape);
    const [outputHeight, outputWidth] = shape;
    this.operations.push({
      ...identity,
      geometry: { ...identity.geometry, outputHeight, outputWidth, ...geometry },
      inputZeroPoint: smallestCode,
    });
    return output;
  }
}

/** Rows `first`, `first + stride`... of an area, `count` of them. */
const rowsOf = (area: Area, first: number, stride: number, count: number): Area => ({
  ...area,
  shape: [count, area.shape[1], area.shape[2]],
  first: area.first + first * area.line,
  line: area.line * stride,
});

const columnsOf = (area: Area, first: number, count: number): Area => ({
  ...area,
  shape: [area.shape[0], count, area.shape[2]],
  first: area.first + first,
});

/** Maxima over windows of rows, and only of the rows that are wanted: of 2, 4, 8... rows, the last two overlapping. */
const rowMaxima = (steps: Steps, plane: Area, { kernel, stride, outputs }: Axis): Area => {
  if (kernel === 1) return rowsOf(plane, 0, stride, outputs);
  let maxima = plane;
  let covered = 1;
  for (; 2 * covered < kernel; covered *= 2) {
    const count = maxima.shape[0] - covered;
    maxima = steps.larger(rowsOf(maxima, 0, 1, count), rowsOf(maxima, covered, 1, count));
  }
  return steps.larger(rowsOf(maxima, 0, stride, outputs), rowsOf(maxima, kernel - covered, stride, outputs));
};

/** Maxima over windows of columns, of every column. */
const columnMaxima = (steps: Steps, plane: Area, { kernel }: Axis): Area => {
  let maxima = plane;
  for (let covered = 1; covered < kernel;) {
    const step = Math.min(covered, kernel - covered);
    const count = maxima.shape[1] - step;
    maxima = steps.larger(columnsOf(maxima, 0, count), columnsOf(maxima, step, count));
    covered += step;
  }
  return maxima;
};

const lowered = (context: OpContext): readonly Operation[] => {
  const { node } = context;
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const [rows, columns] = axesOf(context);
  const [plane, target] = [planeOf(input), planeOf(output)];
  const nodes = [node.index];
  const steps = new Steps(nodes, new Spare(context.spare));
  const whole = wholeArea(input?.index ?? -1, plane);
  const span: Plane = [spanOf(rows), spanOf(columns), plane[2]];
  const padded =
    span[0] === plane[0] && span[1] === plane[1]
      ? whole
      : steps.copy(whole, span, { padTop: rows.pad, padLeft: columns.pad });
  const maxima = columnMaxima(steps, rowMaxima(steps, padded, rows), columns);
  const wanted = columnsOf(maxima, 0, (columns.outputs - 1) * columns.stride + 1);
  const result =
    columns.outputs === 1 || columns.stride === 1 ? wanted : steps.copy(wanted, target, { strideX: columns.stride });
  const tensor = output?.index ?? -1;
  const moved = { kind: 'move', nodes, input: steps.tensorOf(result), output: tensor } as const;
  const range = codeRange(output, node.params['activation'] ?? 0) ?? [smallestCode, 127];
  const clamps = range[0] !== smallestCode || range[1] !== 127;
  return [
    ...steps.operations,
    moved,
    ...(clamps ? [{ kind: 'clamp', nodes, input: tensor, output: tensor, range } as const] : []),
  ];
};

export const maxPool2d: OpDefinition = {
  op: 'MAX_POOL_2D',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    oneQuantization(maps(0)),
    knownActivation,
    {
      name: 'output-shape',
      text: 'SAME or VALID padding, and the output shape that follows from it',
      broken: (context) => {
        const [y, x] = axesOf(context);
        const { padding: mode = 0, strideH = 0, strideW = 0 } = context.node.params;
        if (![1, 2].includes(mode) || Math.min(strideH, strideW, y.kernel, x.kernel) < 1) return `padding ${mode}`;
        const wanted = shapeText([y.outputs, x.outputs, planeOf(inputOf(context, 0))[2]]);
        const is = shapeText(planeOf(outputOf(context)));
        return is === wanted ? null : `output ${is} where ${wanted} follows`;
      },
    },
    {
      name: 'window',
      text: `strides of columns to ${limits.stride}, padding to ${limits.pad}, planes to ${limits.plane} with padding`,
      broken: (context) => {
        const [y, x] = axesOf(context);
        if (x.outputs > 1 && x.stride > limits.stride) return `stride ${y.stride}x${x.stride}`;
        if (Math.max(y.pad, x.pad) > limits.pad) return `padding ${y.pad}x${x.pad}`;
        const [height, width] = [spanOf(y), spanOf(x)];
        const behind = Math.max(height - y.length - y.pad, width - x.length - x.pad);
        if (behind > limits.pad) return `padding of ${behind} behind the plane`;
        return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null;
      },
    },
    unseen('an int8 elementwise task'),
  ],
  lower: lowered,
};
