/**
 * Maxima, or minima, over windows of a plane: elementwise, of the plane's memory and of itself shifted, first by rows, then by columns; a
 * strided copy takes the windows that are wanted. Nothing is rounded. Padding is a copy with the code around it that no window takes.
 */
import { extremeStages } from '../../requantize/add_stages.js';
import { type Area, areaTensor, buffer, type Plane, type FreshIds, wholeArea } from './arrange.js';
import { placedCopy } from './copy.js';
import type { MoveOperation, Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';

/** One axis of a pool. */
export interface Axis {
  readonly length: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly outputs: number;
}

export type Extreme = 'max' | 'min';

/** The NPU's code that is never the extreme where there is another. */
const neutralCode: Readonly<Record<Extreme, number>> = { max: -128, min: 127 };

/** What the windows reach over, padding included; at least the plane itself. */
export const spanOf = ({ length, kernel, stride, pad, outputs }: Axis): number =>
  Math.max(length + pad, (outputs - 1) * stride + kernel);

/** A tensor and the plane that it holds. */
interface Map {
  readonly tensor: TensorId;
  readonly plane: Plane;
}

/** Writes the operations of one pool, each into memory of its own. */
class Steps {
  readonly operations: Operation[] = [];
  readonly #nodes: readonly number[];
  readonly #fresh: FreshIds;
  readonly #extreme: Extreme;
  constructor(extreme: Extreme, nodes: readonly NodeId[], fresh: FreshIds) {
    this.#extreme = extreme;
    this.#nodes = nodes;
    this.#fresh = fresh;
  }
  tensorOf(area: Area): number {
    const made = areaTensor(area, this.#nodes, this.#fresh);
    this.operations.push(...made.views);
    return made.tensor;
  }
  #buffer(plane: Plane): Map {
    const made = buffer(this.#nodes, this.#fresh.next(), plane);
    this.operations.push(made);
    return { tensor: made.output, plane };
  }
  /** `count` atoms of each surface, in the order of memory: between two surfaces there may be others that are not the map's. */
  #atoms({ tensor, plane }: Map, first: number, count: number): number {
    const output = this.#fresh.next();
    const shape = [1, count, plane[2]] as const;
    this.operations.push({
      kind: 'view',
      nodes: this.#nodes,
      output,
      whole: tensor,
      shape,
      channel: 0,
      first,
      line: count,
    });
    return output;
  }
  /** Each atom, or the one `shift` behind it: behind the end of a row it is one that no window holds. */
  #pairs(map: Map, shift: number): Map {
    const [height, width] = map.plane;
    const count = height * width - shift;
    const result = this.#buffer(map.plane);
    this.operations.push({
      kind: 'pair',
      nodes: this.#nodes,
      inputs: [this.#atoms(map, 0, count), this.#atoms(map, shift, count)],
      output: this.#atoms(result, 0, count),
      stages: extremeStages(this.#extreme),
    });
    return result;
  }
  /** Of `kernel` atoms that are `distance` apart: of 2, 4, 8... of them, the last two overlapping. */
  window(map: Map, kernel: number, distance: number): Map {
    let found = map;
    for (let covered = 1; covered < kernel;) {
      const step = Math.min(covered, kernel - covered);
      found = this.#pairs(found, step * distance);
      covered += step;
    }
    return found;
  }
  padded(map: Map, plane: Plane, padTop: number, padLeft: number): Map {
    const result = this.#buffer(plane);
    const move: MoveOperation = { kind: 'move', nodes: this.#nodes, input: map.tensor, output: result.tensor };
    const [outputHeight, outputWidth] = plane;
    this.operations.push(placedCopy(move, map.plane, { outputHeight, outputWidth, padTop, padLeft }, neutralCode[this.#extreme]));
    return result;
  }
}

/** From the first window's place to behind the last one's. */
const placesOf = ({ outputs, stride }: Axis): number => (outputs - 1) * stride + 1;

export const strideOf = ({ outputs, stride }: Axis): number => (outputs === 1 ? 1 : stride);

/**
 * The extremes of a plane's windows, brought to `output`.
 * @param input tensor index
 * @param output an area of the shape that follows from the axes
 */
export const windowExtremes = (
  extreme: Extreme,
  input: TensorId,
  plane: Plane,
  [rows, columns]: readonly [Axis, Axis],
  output: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const steps = new Steps(extreme, nodes, fresh);
  const whole: Map = { tensor: input, plane };
  const span: Plane = [spanOf(rows), spanOf(columns), plane[2]];
  const isPadded = span[0] !== plane[0] || span[1] !== plane[1];
  const padded = isPadded ? steps.padded(whole, span, rows.pad, columns.pad) : whole;
  const found = steps.window(steps.window(padded, rows.kernel, span[1]), columns.kernel, 1);
  const places: Plane = [placesOf(rows), placesOf(columns), plane[2]];
  const from = steps.tensorOf({ ...wholeArea(found.tensor, found.plane), shape: places });
  const move: MoveOperation = { kind: 'move', nodes, input: from, output: steps.tensorOf(output) };
  const [strideY, strideX] = [strideOf(rows), strideOf(columns)];
  const [outputHeight, outputWidth] = output.shape;
  const every = placedCopy(move, places, { outputHeight, outputWidth, strideY, strideX });
  return [...steps.operations, strideY * strideX === 1 ? move : every];
};
