import { expect } from 'chai';
import type { Graph } from '../../src/graph/graph.js';
import type { Atoms, Bytes, NodeId, Position, TensorId, Words } from '../../src/hardware/units.js';
import type { Cube } from '../../src/layout/cube.js';
import type { ElementwiseTile, TilePlace } from '../../src/tile/task.js';

/**
 * Numbers of one kind where another is meant do not compile: `npm run lint` reports each of these lines that would. Plain numbers
 * and what is calculated do.
 */
describe('kinds of numbers', () => {
  it('do not stand for each other', () => {
    const [bytes, atoms, words]: readonly [Bytes, Atoms, Words] = [64, 4, 8];
    const [tensor, node, position]: readonly [TensorId, NodeId, Position] = [1, 2, 3];
    const taken = (all: Bytes, each: Atoms): Words => (all * each) / 8;
    expect(taken(bytes, atoms)).to.equal(32);
    expect(taken(64, 2 * atoms)).to.equal(64);
    // @ts-expect-error atoms are no bytes
    taken(atoms, atoms);
    // @ts-expect-error words are no atoms
    taken(bytes, words);
    // @ts-expect-error a node is no tensor
    const asTensor: TensorId = node;
    // @ts-expect-error a position is no node
    const asNode: NodeId = position;
    expect([asTensor, asNode, tensor]).to.deep.equal([2, 3, 1]);
  });

  it('keep apart what rooms hand to each other', () => {
    const cube = { lineBytes: 64 } as Cube;
    const graph: Pick<Graph, 'nodes' | 'tensors'> = { nodes: [], tensors: new Map() };
    const tile: Pick<ElementwiseTile, 'notch'> & Pick<TilePlace, 'start'> = {
      // @ts-expect-error a distance in bytes where one in atoms is meant
      notch: cube.lineBytes,
      start: cube.lineBytes,
    };
    // @ts-expect-error a tensor by the number of a node
    const found = graph.nodes.map(({ index }) => graph.tensors.get(index));
    expect([tile.notch, found.length]).to.deep.equal([64, 0]);
  });
});
