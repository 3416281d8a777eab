/**
 * MAX_POOL_2D: elementwise maxima of the plane's memory and of itself shifted, first by rows, then by columns; a strided copy
 * takes the windows that are wanted. Nothing is rounded, so every value is TFLite's. Padding is a copy with the smallest
 * code around it.
 */
import { atoms, limits } from '../hardware/limits.js';
import { extremeStages } from '../quantize/add_stages.js';
import { areaTensor, buffer, type Plane, Spare, wholeArea } from './arrange.js';
import { knownActivation, maps, oneQuantization, oneType, perTensor, planes, unseen } from './common_rules.js';
import { codeRange } from './code_range.js';
import { identityConvolution } from './copy.js';
import type { MoveOperation, Operation } from './operation.js';
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

/** A tensor and the plane that it holds. */
interface Map {
  readonly tensor: number;
  readonly plane: Plane;
}

/** Writes the operations of one pool, each into memory of its own. */
class Steps {
  readonly operations: Operation[] = [];
  readonly #nodes: readonly number[];
  readonly #spare: Spare;
  constructor(nodes: readonly number[], spare: Spare) {
    this.#nodes = nodes;
    this.#spare = spare;
  }
  /** The first rows and columns of a map. */
  corner({ tensor, plane }: Map, rows: number, columns: number): number {
    const area = { ...wholeArea(tensor, plane), shape: [rows, columns, plane[2]] as const };
    const made = areaTensor(area, this.#nodes, this.#spare);
    this.operations.push(...made.views);
    return made.tensor;
  }
  #buffer(plane: Plane): Map {
    const made = buffer(this.#nodes, this.#spare.next(), plane);
    this.operations.push(made);
    return { tensor: made.output, plane };
  }
  /** Atoms in the order of memory, whatever surface they belong to. */
  #atoms({ tensor }: Map, first: number, count: number): number {
    const output = this.#spare.next();
    const shape = [1, count, atoms.channels] as const;
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
  /** Each atom, or the one `shift` behind it: behind the end of a row or a surface it is one that no window holds. */
  larger(map: Map, shift: number): Map {
    const [height, width, channels] = map.plane;
    const count = Math.ceil(channels / atoms.channels) * height * width - shift;
    const result = this.#buffer(map.plane);
    this.operations.push({
      kind: 'pair',
      nodes: this.#nodes,
      inputs: [this.#atoms(map, 0, count), this.#atoms(map, shift, count)],
      output: this.#atoms(result, 0, count),
      stages: extremeStages('max'),
    });
    return result;
  }
  /** Maxima of `kernel` atoms that are `distance` apart: of 2, 4, 8... of them, the last two overlapping. */
  window(map: Map, kernel: number, distance: number): Map {
    let maxima = map;
    for (let covered = 1; covered < kernel;) {
      const step = Math.min(covered, kernel - covered);
      maxima = this.larger(maxima, step * distance);
      covered += step;
    }
    return maxima;
  }
  padded(map: Map, plane: Plane, padTop: number, padLeft: number): Map {
    const result = this.#buffer(plane);
    const identity = identityConvolution(
      { kind: 'move', nodes: this.#nodes, input: map.tensor, output: result.tensor },
      map.plane,
    );
    const [outputHeight, outputWidth] = plane;
    this.operations.push({
      ...identity,
      geometry: { ...identity.geometry, outputHeight, outputWidth, padTop, padLeft },
      inputZeroPoint: smallestCode,
    });
    return result;
  }
}

/** From the first window's place to behind the last one's. */
const placesOf = ({ outputs, stride }: Axis): number => (outputs - 1) * stride + 1;

const strideOf = ({ outputs, stride }: Axis): number => (outputs === 1 ? 1 : stride);

const lowered = (context: OpContext): readonly Operation[] => {
  const { node } = context;
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const [rows, columns] = axesOf(context);
  const plane = planeOf(input);
  const nodes = [node.index];
  const steps = new Steps(nodes, new Spare(context.spare));
  const whole: Map = { tensor: input?.index ?? -1, plane };
  const span: Plane = [spanOf(rows), spanOf(columns), plane[2]];
  const isPadded = span[0] !== plane[0] || span[1] !== plane[1];
  const padded = isPadded ? steps.padded(whole, span, rows.pad, columns.pad) : whole;
  const maxima = steps.window(steps.window(padded, rows.kernel, span[1]), columns.kernel, 1);
  const places: Plane = [placesOf(rows), placesOf(columns), plane[2]];
  const tensor = output?.index ?? -1;
  const move: MoveOperation = {
    kind: 'move',
    nodes,
    input: steps.corner(maxima, places[0], places[1]),
    output: tensor,
  };
  const identity = identityConvolution(move, places);
  const [strideY, strideX] = [strideOf(rows), strideOf(columns)];
  const [outputHeight, outputWidth] = planeOf(output);
  const every = { ...identity, geometry: { ...identity.geometry, outputHeight, outputWidth, strideY, strideX } };
  const range = codeRange(output, node.params['activation'] ?? 0) ?? [smallestCode, 127];
  const clamps = range[0] !== smallestCode || range[1] !== 127;
  return [
    ...steps.operations,
    strideY * strideX === 1 ? move : every,
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
      text: `strides to ${limits.stride}, padding to ${limits.pad}, planes to ${limits.plane} with padding`,
      broken: (context) => {
        const [y, x] = axesOf(context);
        if (Math.max(strideOf(y), strideOf(x)) > limits.stride) return `stride ${y.stride}x${x.stride}`;
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
