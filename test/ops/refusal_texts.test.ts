import { expect } from 'chai';
import fc from 'fast-check';
import { rk3588 } from '../../src/hardware/chips.js';
import { compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import type { Refusal } from '../../src/ops/shared/rule.js';
import { operators } from '../../src/ops/index.js';
import { partRules } from '../../src/partition/part_rules.js';
import { supportedOpsText } from '../../src/explain/supported_ops.js';
import type { OpSpec, TensorSpec } from '../host/tflite_writer.js';
import { writeTflite } from '../host/tflite_writer.js';
import { everyOp } from './every_op.js';
import { type FeatureMap } from './form.js';
import { Builder, byteType, chosenSeed, whole } from './builder.js';

/**
 * Models of every op, damaged in one place: another shape, type, quantization, option or constant. Whatever rule refuses a
 * node, its text says what was seen and what is needed, and the rule stands in the list of the op.
 */
const damaged = fc.record({
  seed: chosenSeed,
  type: byteType,
  form: fc.constantFrom(...everyOp),
  shape: fc.tuple(fc.constantFrom(1, 1, 2, 17), whole(1, 9), whole(1, 9), whole(1, 40)),
  place: whole(0, 1000),
  kind: fc.constantFrom('shape', 'rank', 'type', 'scale', 'no scale', 'option', 'ints', 'variable ints', 'large'),
  value: fc.constantFrom(-7, -2, -1, 0, 2, 3, 16, 40, 9000),
});

type Damaged = typeof damaged extends fc.Arbitrary<infer T> ? T : never;

const changedTensor = (tensor: TensorSpec, { kind, value, place }: Damaged): TensorSpec => {
  const { shape, data, type } = tensor;
  const isInts = type === 'int32' && data !== undefined;
  switch (kind) {
    case 'shape':
    case 'large':
      return {
        ...tensor,
        shape: shape.map((dim, i) => (i === place % shape.length ? Math.max(1, kind === 'large' ? 9000 : value) : dim)),
      };
    case 'rank':
      return { ...tensor, shape: place % 2 === 0 ? [1, ...shape] : shape.slice(1) };
    case 'type':
      return { ...tensor, type: (['int8', 'uint8', 'float32', 'int16', 'int32'] as const)[place % 5] ?? 'int8' };
    case 'scale':
      return { ...tensor, scale: [Math.abs(value) / 16], zeroPoint: [value] };
    case 'no scale': {
      const { name, data: values } = tensor;
      return { name, type, shape, ...(values === undefined ? {} : { data: values }) };
    }
    case 'ints': {
      if (!isInts || data.byteLength < 4) return tensor;
      const ints = new Int32Array(Uint8Array.from(data).buffer);
      ints[place % ints.length] = value;
      return { ...tensor, data: new Uint8Array(ints.buffer) };
    }
    case 'variable ints': {
      if (!isInts) return tensor;
      return { name: tensor.name, type, shape };
    }
    case 'option':
      return tensor;
  }
};

const changedOp = (op: OpSpec, { place, value }: Damaged): OpSpec => {
  const fields = Object.keys(op.options?.fields ?? {});
  const field = fields[place % fields.length];
  if (field === undefined || op.options === undefined || typeof op.options.fields[field] !== 'number') return op;
  return { ...op, options: { ...op.options, fields: { ...op.options.fields, [field]: Math.max(0, value) } } };
};

const modelOf = (choice: Damaged): Uint8Array | null => {
  const { seed, type, form, shape, kind, place } = choice;
  const b = new Builder(seed);
  const [scale, zero] = [0.05, b.zeroPoint(type)];
  const map: FeatureMap = { index: b.input(type, shape, scale, zero), type, shape, scale, zero };
  const made = form.make(b, map);
  if (made === null) return null;
  const { spec } = b.model(
    '',
    made.map(({ index }) => index),
  );
  const at = place % spec.tensors.length;
  return writeTflite({
    ...spec,
    tensors: spec.tensors.map((tensor, i) => (i === at ? changedTensor(tensor, choice) : tensor)),
    ops:
      kind === 'option' ? spec.ops.map((op, i) => (i === spec.ops.length - 1 ? changedOp(op, choice) : op)) : spec.ops,
  });
};

/** None for a file that its reader refuses. */
const refusalsOf = (bytes: Uint8Array, trust: 'seen' | 'inferred'): readonly Refusal[] => {
  try {
    return compileTflite(bytes, { trust, parts: 'all' }).refusals;
  } catch (error) {
    if (error instanceof PtfeError) return [];
    throw error;
  }
};

/** What is wrong with a refusal as a text; null where nothing is. */
const wrongWith = (op: string, { rule, text }: Refusal): string | null => {
  const seen = text.replace(/ \(needs: .*/s, '');
  if (rule === 'bug') return 'a bug';
  if (!/ \(needs: .+\)/s.test(text) && rule !== 'worth' && rule !== 'operator') return 'no need';
  if (seen.trim() === '' || / {2}|^ | $/.test(seen)) return 'blanks';
  if (/\b(at|of|to|with|without|shape|type|types|axes|axis|order|output|input|stride|padding)$/.test(seen))
    return 'ends with a word that wants another';
  if (/undefined|null|\[object|NaNx|, ,|x x|xx/.test(seen)) return 'values that are none';
  const known = [
    ...(operators.get(op)?.rules.map(({ name }) => name) ?? []),
    ...Object.keys(partRules),
    'worth',
    'operator',
  ];
  return known.includes(rule) ? null : 'a rule that the op has not';
};

describe('texts of refusals', () => {
  it('say what was seen and what is needed, by a rule of the op', function () {
    this.timeout(300_000);
    const seen = new Map<string, number>();
    const wrong = new Map<string, string>();
    for (const choice of fc.sample(damaged, { numRuns: 1500, seed: 1 })) {
      const bytes = modelOf(choice);
      const trust = choice.seed % 5 === 0 ? 'seen' : 'inferred';
      const { op } = choice.form;
      for (const { rule, text } of bytes === null ? [] : refusalsOf(bytes, trust)) {
        seen.set(`${op} ${rule}`, (seen.get(`${op} ${rule}`) ?? 0) + 1);
        // A form may have other ops in front of its own: their rules are as good.
        const wrongs = [op, ...operators.keys()].map((one) => wrongWith(one, { rule, text }));
        if (!wrongs.includes(null)) wrong.set(`${op} ${rule} ${wrongs[0]}`, text);
      }
    }
    expect(Object.fromEntries(wrong)).to.deep.equal({});
    console.log(`      ${seen.size} kinds of refusals`);
    expect(seen.size).to.be.at.least(60);
  });

  it('no rule of an op, or of a part, is missing in SUPPORTED_OPS', () => {
    const text = supportedOpsText(rk3588);
    for (const [name, { text: needs }] of Object.entries(partRules)) {
      expect(text).to.contain(`| ${name} |`);
      expect(text).to.contain(needs);
    }
  });
});
