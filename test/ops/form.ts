/** A form of an op, for tests that must hold for all ops (`every_op.ts`), and what forms are written with. */
import { entryOf } from '../../src/tflite/operators.js';
import type { OpName, OpSpec } from '../host/tflite_writer.js';
import type { Builder, ByteType } from './builder.js';

/** A tensor of a model as it grows. */
export interface FeatureMap {
  readonly index: number;
  readonly type: ByteType;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zero: number;
}

/** Adds an op that reads `map`; null where the op has no such form. */
export type Make = (b: Builder, map: FeatureMap) => readonly FeatureMap[] | null;

export interface OpForm {
  readonly op: OpName;
  readonly title: string;
  /** What an output value may differ by where the input is TFLite's. */
  readonly counts: 0 | 1;
  /** The reference kernels lack ELU. */
  readonly kernels: 'reference' | 'optimized';
  readonly make: Make;
}

export type Dims = readonly [number, number, number, number];

export const dims = ({ shape: [n = 1, h = 1, w = 1, c = 1] }: FeatureMap): Dims => [n, h, w, c];

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** A tensor like another one, of another shape or quantization. */
export const like = (b: Builder, map: FeatureMap, changes: Partial<Omit<FeatureMap, 'index'>>): FeatureMap => {
  const { type, shape, scale, zero } = { ...map, ...changes };
  return { index: b.map(type, shape, scale, zero), type, shape, scale, zero };
};

export const added = (
  b: Builder,
  op: OpName,
  inputs: readonly number[],
  outputs: readonly FeatureMap[],
  options?: OpSpec['options'],
  version = 2,
): readonly FeatureMap[] => {
  const indices = outputs.map(({ index }) => index);
  b.op({ op, version, inputs, outputs: indices, ...(options === undefined ? {} : { options }) });
  return outputs;
};

export const form = (
  op: OpName,
  title: string,
  counts: 0 | 1,
  make: Make,
  kernels: OpForm['kernels'] = 'reference',
): OpForm => ({ op, title, counts, kernels, make });

export const reduced =
  (op: OpName, axes: readonly number[], keepDims: boolean): Make =>
  (b, map) => {
    // TFLite's reference kernel of SUM takes int8 codes as uint8.
    if (op === 'SUM' && map.type === 'int8') return null;
    const shape = map.shape.flatMap((dim, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dim]));
    const count = axes.reduce((product, axis) => product * (map.shape[axis] ?? 1), 1);
    const changes = op === 'SUM' ? { shape, scale: map.scale * count } : { shape };
    const options = { type: 'ReducerOptions', fields: { keepDims } } as const;
    return added(b, op, [map.index, b.ints(axes)], [like(b, map, changes)], options);
  };

/** Every way to reduce. */
export const reduceForms = (op: OpName, counts: 0 | 1): readonly OpForm[] =>
  [
    ...[[1, 2], [1], [2], [3], [2, 3], [1, 2, 3]].map((axes) => [axes, true] as const),
    ...[[1, 2], [1], [2]].map((axes) => [axes, false] as const),
  ].map(([axes, kept]) => form(op, `over ${axes.join()}${kept ? ' kept' : ''}`, counts, reduced(op, axes, kept)));

/** Forms that pass codes on as they are: what differs by a count before them differs by no more behind them. */
export const passesCodes = ({ op, counts }: OpForm): boolean => counts === 0 && entryOf(op).codes === 'kept';
