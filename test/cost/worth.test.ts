import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { goldenModels } from '../golden/models.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved } from '../ops/builder.js';

/** A classifier's map of a few pixels, brought to the size of the picture: most of the NPU's time goes there. */
const upsampled = (factor: number): Uint8Array => {
  const b = new Builder(1);
  const input = b.input('uint8', [1, 33, 33, 64], 0.1, 128);
  const { index, shape } = convolved(b, 'uint8', input, [1, 33, 33, 64], 21, {}, 0.1, 128);
  const size = [shape[1] ?? 1, shape[2] ?? 1].map((side) => side * factor);
  const output = b.map('uint8', [1, ...size, 21], 0.1, 128);
  const fields = { alignCorners: false, halfPixelCenters: false };
  b.op({
    op: 'RESIZE_BILINEAR',
    version: 3,
    inputs: [index, b.ints(size)],
    outputs: [output],
    options: { type: 'ResizeBilinearOptions', fields },
  });
  return writeTflite(b.model('upsampled', [output]).spec);
};

describe('cost: nodes that the CPU does sooner', () => {
  const refusedOf = (bytes: Uint8Array, parts: 'worthwhile' | 'all') =>
    compileTflite(bytes, { trust: 'inferred', parts }).refusals.map(({ node, rule }) => [node, rule] as const);

  it('are left to it where that saves two milliseconds, and the rest is taken', () => {
    const { parts, refusals } = compileTflite(upsampled(16), { trust: 'inferred' });
    expect(refusals.map(({ node, rule }) => [node, rule])).to.deep.equal([[1, 'worth']]);
    expect(refusals[0]?.text).to.match(
      /^this node about \d+ us on the NPU, \d+ us on the CPU \(parts=all takes them\)$/,
    );
    expect(parts.map(({ nodes }) => nodes)).to.deep.equal([[0]]);
  });

  it('are taken with parts=all', () => {
    expect(refusedOf(upsampled(16), 'all')).to.deep.equal([]);
  });

  it('are taken where little is gained', () => {
    expect(refusedOf(upsampled(2), 'worthwhile')).to.deep.equal([]);
    for (const { name, bytes } of goldenModels)
      expect(
        refusedOf(bytes, 'worthwhile').filter(([, rule]) => rule === 'worth'),
        name,
      ).to.deep.equal([]);
  });

  it('are left to it where they are a part of their own, behind an op that the NPU has not', () => {
    const b = new Builder(1);
    const input = b.input('uint8', [1, 33, 33, 64], 0.1, 128);
    const { index, shape } = convolved(b, 'uint8', input, [1, 33, 33, 64], 21, {}, 0.1, 128);
    const shares = b.map('uint8', shape, 1 / 256, 0);
    b.op({
      op: 'SOFTMAX',
      inputs: [index],
      outputs: [shares],
      options: { type: 'SoftmaxOptions', fields: { beta: 1 } },
    });
    const output = b.map('int8', shape, 1 / 256, -128);
    b.op({ op: 'QUANTIZE', inputs: [shares], outputs: [output] });
    const bytes = writeTflite(b.model('shares', [output]).spec);
    expect(refusedOf(bytes, 'all').filter(([, rule]) => rule === 'worth')).to.deep.equal([]);
    expect(refusedOf(bytes, 'worthwhile').filter(([, rule]) => rule === 'worth')).to.deep.equal([[2, 'worth']]);
  });
});
