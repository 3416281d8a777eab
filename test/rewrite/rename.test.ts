import { expect } from 'chai';
import { rk3588 } from '../../src/hardware/chips.js';
import { compilePart, compileTflite } from '../../src/compile.js';
import { rewrittenGraph } from '../../src/partition/check.js';
import { readTflite } from '../../src/tflite/reader.js';
import { Builder } from '../ops/builder.js';
import { writeTflite } from '../host/tflite_writer.js';

const hardware = { chip: rk3588, trust: 'inferred' } as const;

const scale = 0.5;

/** A map of 1x4x6x20 that is transposed and read by `readers`, each of which says what it makes of it. */
const modelOf = (
  order: readonly number[],
  readers: readonly ('mean' | 'sum of two')[],
  isOutput = false,
): Uint8Array => {
  const b = new Builder(1);
  const shape = [1, 4, 6, 20];
  const input = b.input('int8', shape, scale, 3);
  const moved = order.map((axis) => shape[axis] ?? 1);
  const transposed = b.map('int8', moved, scale, 3);
  b.op({ op: 'TRANSPOSE', version: 2, inputs: [input, b.ints(order)], outputs: [transposed] });
  const results = readers.map((reader) => {
    if (reader === 'mean') {
      const output = b.map('int8', moved.slice(0, 3), scale, 3);
      const options = { type: 'ReducerOptions', fields: { keepDims: false } } as const;
      b.op({ op: 'MEAN', version: 2, inputs: [transposed, b.ints([3])], outputs: [output], options });
      return output;
    }
    const output = b.map('int8', moved, scale, 3);
    const options = { type: 'AddOptions', fields: { activation: 0 } } as const;
    b.op({ op: 'ADD', version: 2, inputs: [transposed, transposed], outputs: [output], options });
    return output;
  });
  return writeTflite(b.model('', isOutput ? [transposed, ...results] : results).spec);
};

const refused = (bytes: Uint8Array): readonly string[] =>
  compileTflite(bytes, { trust: 'inferred', parts: 'all' }).refusals.map(({ node, rule }) => `${node} ${rule}`);

describe('axes of what a TRANSPOSE makes', () => {
  it('get other names where all readers can be told', () => {
    expect(refused(modelOf([0, 3, 1, 2], ['mean', 'mean']))).to.have.lengthOf(0);
  });
  it('stay where one reader cannot', () => {
    expect(refused(modelOf([0, 3, 1, 2], ['mean', 'sum of two']))).to.have.members(['0 order', '1 axes']);
  });
  it('stay where a reader is refused under other names', () => {
    // The mean over the channels to a tensor that has none.
    expect(refused(modelOf([0, 2, 1, 3], ['mean']))).to.deep.equal(['1 axes']);
  });
  it('need an order that the host can lay out where the tensor is a result of the graph', () => {
    expect(refused(modelOf([0, 3, 1, 2], ['mean'], true))).to.have.lengthOf(0);
    expect(refused(modelOf([0, 3, 2, 1], ['mean'], true))).to.deep.equal(['0 order', '1 axes']);
  });
  it('keep to their order at the border of any part', () => {
    const { graph } = readTflite(modelOf([0, 3, 1, 2], ['mean']));
    const [transpose, mean] = graph.nodes;
    const rewritten = rewrittenGraph(graph, hardware);
    const options = { trust: 'inferred' } as const;
    const of = (node: typeof transpose) => ({
      nodes: [node?.index ?? -1],
      inputs: node?.inputs.slice(0, 1) ?? [],
      outputs: node?.outputs ?? [],
    });
    expect(compilePart(rewritten, of(transpose), options)).to.be.instanceOf(Uint8Array);
    expect(compilePart(rewritten, of(mean), options)).to.be.instanceOf(Uint8Array);
  });
});
