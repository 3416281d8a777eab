import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { operators } from '../../src/ops/index.js';
import { hasDerivation } from '../../src/ops/shared/output_shapes.js';
import { readPlan } from '../../src/plan/read.js';
import { entryOf, operatorsOf } from '../../src/tflite/operators.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, type ByteType } from './builder.js';
import { everyOp } from './every_op.js';
import { type OpForm } from './form.js';

/**
 * Every op in every form, without TFLite: what the compiler takes it makes a plan of that its own reader accepts, of the
 * tensors that the model has. Values are compared elsewhere (test/ops/samples.test.ts and each op's own test).
 */
const choices = [
  ['int8', [1, 6, 4, 40]],
  ['uint8', [2, 4, 6, 16]],
] as const;

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

const modelOf = ({ make }: OpForm, type: ByteType, shape: readonly number[]) => {
  const b = new Builder(7);
  const [scale, zero] = [0.05, type === 'int8' ? -3 : 125];
  const made = make(b, { index: b.input(type, shape, scale, zero), type, shape, scale, zero });
  return made === null
    ? null
    : b.model(
        '',
        made.map(({ index }) => index),
      );
};

describe('every form of every op', () => {
  it("the operators' table and the rules are of the same ops, each with a shape that can be derived", () => {
    const known = operatorsOf(({ family }) => family !== undefined);
    expect([...operators.keys()].toSorted()).to.deep.equal(known);
    expect(known.filter((op) => !hasDerivation(op))).to.deep.equal([]);
    // What the NPU takes needs no advice to do without it.
    expect(known.filter((op) => entryOf(op).advice !== undefined)).to.deep.equal([]);
  });

  for (const op of new Set(everyOp.map((form) => form.op))) {
    it(op, () => {
      let compiled = 0;
      for (const form of everyOp.filter((one) => one.op === op))
        for (const [type, shape] of choices) {
          const model = modelOf(form, type, shape);
          if (model === null) continue;
          compiled++;
          const { spec } = model;
          const what = `${form.title} ${type} ${shape.join('x')}`;
          const { parts, refusals } = compileTflite(writeTflite(spec), { trust: 'inferred', parts: 'all' });
          expect(refusals, what).to.deep.equal([]);
          expect(parts, what).to.have.length(1);
          for (const { plan, inputs, outputs, nodes } of parts) {
            expect(nodes, what).to.have.length(spec.ops.length);
            const { tensors } = readPlan(plan);
            const border = (direction: 'in' | 'out') =>
              tensors
                .filter((one) => one.direction === direction)
                .map(({ tensor, type: of, shape: dims, scale, zeroPoint }) => [
                  tensor,
                  of,
                  sizeOf(dims),
                  scale,
                  zeroPoint,
                ]);
            const wanted = (indices: readonly number[]) =>
              indices.map((tensor) => {
                const { type: of, shape: dims = [], scale = [], zeroPoint = [] } = spec.tensors[tensor] ?? {};
                return [tensor, of, sizeOf(dims), ...scale, ...zeroPoint];
              });
            expect(border('in'), what).to.deep.equal(wanted(inputs));
            expect(border('out'), what).to.deep.equal(wanted(outputs));
          }
        }
      expect(compiled).to.be.above(0);
    });
  }
});
