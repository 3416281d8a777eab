/**
 * Maxima over windows of a plane, elementwise: of the plane and of itself shifted, first over rows, then over columns.
 * Nothing is rounded. Padding is a copy with the smallest code around it.
 */
import { extremeStages } from '../quantize/add_stages.js';
import { type Area, areaTensor, buffer, type Plane, type Spare, wholeArea } from './arrange.js';
import { identityConvolution } from './copy.js';
import type { ConvOperation, Operation } from './operation.js';
import type { Axis } from './pool_windows.js';

/** The NPU's code. */
export const smallestCode = -128;

/** What the windows reach over, padding included; at least the plane itself. */
export const spanOf = ({ length, kernel, stride, pad, outputs }: Axis): number =>
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

/**
 * The maxima of a plane's windows, brought to `output`.
 * @param input tensor index
 * @param output an area of the shape that follows from the axes
 */
export const windowMaxima = (
  input: number,
  plane: Plane,
  [rows, columns]: readonly [Axis, Axis],
  output: Area,
  nodes: readonly number[],
  spare: Spare,
): readonly Operation[] => {
  const steps = new Steps(nodes, spare);
  const whole = wholeArea(input, plane);
  const span: Plane = [spanOf(rows), spanOf(columns), plane[2]];
  const padded =
    span[0] === plane[0] && span[1] === plane[1]
      ? whole
      : steps.copy(whole, span, { padTop: rows.pad, padLeft: columns.pad });
  const maxima = columnMaxima(steps, rowMaxima(steps, padded, rows), columns);
  const wanted = columnsOf(maxima, 0, (columns.outputs - 1) * columns.stride + 1);
  const result =
    columns.outputs === 1 || columns.stride === 1
      ? wanted
      : steps.copy(wanted, output.shape, { strideX: columns.stride });
  const from = steps.tensorOf(result);
  const move = { kind: 'move', nodes, input: from, output: steps.tensorOf(output) } as const;
  return [...steps.operations, move];
};
