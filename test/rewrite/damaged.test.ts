import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { type ModelSpec, type TensorSpec, writeTflite } from '../host/tflite_writer.js';
import { Builder, doubled } from '../ops/builder.js';
import { patterns } from './patterns.js';

/** A tensor that says something else than the nodes around it: another rank, a dimension, no scale, a number of a constant. */
const damagesOf = (tensor: TensorSpec): readonly TensorSpec[] => {
  const { name, type, shape, data } = tensor;
  if (data !== undefined && type === 'int32') {
    return Array.from({ length: data.byteLength / 4 }).flatMap((_, i) =>
      [-1, 7].map((value) => {
        const bytes = Uint8Array.from(data);
        new DataView(bytes.buffer).setInt32(4 * i, value, true);
        return { ...tensor, data: bytes };
      }),
    );
  }
  return [
    { ...tensor, shape: [1, ...shape] },
    { ...tensor, shape: shape.slice(1) },
    ...shape.map((dim, i) => ({ ...tensor, shape: shape.with(i, 2 * dim + 1) })),
    { name, type, shape, ...(data === undefined ? {} : { data }) },
  ];
};

const damaged = (spec: ModelSpec): readonly ModelSpec[] =>
  spec.tensors.flatMap((tensor, i) =>
    damagesOf(tensor).map((other) => ({ ...spec, tensors: spec.tensors.with(i, other) })),
  );

/** Rewrites look at nodes before any rule has: whatever a file says, they take it or leave it. */
describe('rewrites of files that contradict themselves', function () {
  this.timeout(60_000);
  for (const [title, pattern] of Object.entries(patterns)) {
    it(title, () => {
      const b = new Builder(5);
      const shape = [1, 6, 5, 4];
      const input = b.input('int8', shape, 0.1, 3);
      const made = pattern(b, doubled(b, 'int8', input, shape, 0.1, 3), shape);
      const { spec } = b.model(title, made.slice(-1));
      let compiled = 0;
      for (const one of damaged(spec)) {
        try {
          const { refusals } = compileTflite(writeTflite(one), { trust: 'inferred', parts: 'all' });
          expect(refusals.filter(({ rule }) => rule === 'bug')).to.deep.equal([]);
          compiled++;
        } catch (error) {
          if (!(error instanceof PtfeError)) throw error;
        }
      }
      expect(compiled).to.be.above(10);
    });
  }
});
