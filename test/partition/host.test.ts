import { expect } from 'chai';
import { chooseHostNodes } from '../../src/partition/host.js';
import { readTflite } from '../../src/tflite/reader.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved } from '../ops/builder.js';

/** So many convolutions in a row. */
const chain = (nodes: number) => {
  const b = new Builder(3);
  let last = b.input('int8', [1, 2, 2, 4], 0.1, 0);
  for (let i = 0; i < nodes; i++) last = convolved(b, 'int8', last, [1, 2, 2, 4], 4, {}, 0.1, 0).index;
  return readTflite(writeTflite(b.model('', [last]).spec)).graph;
};

const because = { rule: 'order', text: 'the silicon cannot' };

/** What the choice makes of some nodes of a chain that the NPU cannot have. */
const chosen = (nodes: number, candidates: readonly number[]) => {
  const npu = new Set(Array.from({ length: nodes }, (_, i) => i).filter((i) => !candidates.includes(i)));
  return chooseHostNodes(chain(nodes), npu, new Map(candidates.map((node) => [node, because])));
};

describe('partition: kernels of the host', () => {
  it('one node in twenty, and one where there are fewer', () => {
    for (const [nodes, most] of [
      [5, 1],
      [19, 1],
      [39, 1],
      [40, 2],
      [59, 2],
      [60, 3],
    ] as const) {
      const { host, left } = chosen(nodes, nodes === 5 ? [1, 3] : [3, 7, 11, 15]);
      expect(host.size, `${nodes} nodes`).to.equal(most);
      expect(left.size, `${nodes} nodes`).to.equal((nodes === 5 ? 2 : 4) - most);
      for (const { text } of left.values()) expect(text).to.contain('more than one node in 20');
    }
  });

  it('none at the ends of the graph: nothing would be cut there', () => {
    const { host, left } = chosen(40, [0, 39]);
    expect([...host]).to.deep.equal([]);
    for (const { rule, text } of left.values()) {
      expect(rule).to.equal('order');
      expect(text).to.match(/^the silicon cannot; a kernel on the host would keep no part together$/);
    }
    expect([...left.keys()]).to.deep.equal([0, 39]);
  });

  it('none where nothing asks for one', () => {
    const { host, left } = chosen(5, []);
    expect([host.size, left.size]).to.deep.equal([0, 0]);
  });

  it('neighbours that only together keep a part are both taken', () => {
    expect([...chosen(40, [10, 11]).host]).to.deep.equal([10, 11]);
  });
});
