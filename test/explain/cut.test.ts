import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PtfeError } from '../../src/error.js';
import { cutTflite } from '../../src/explain/cut.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { repository } from '../host/repository.js';
import { needShared, sharedPath } from '../host/shared.js';

const digits = new Uint8Array(readFileSync(join(repository, 'examples/digits_int8.tflite')));

/** A node with everything that it names, tensor numbers apart. */
const described = (graph: Graph, { op, version, params, inputs, outputs }: Node) => {
  const tensor = (index: number) => {
    const found = graph.tensors.get(index);
    return found === undefined ? null : { ...found, index: 0, data: found.data === null ? null : [...found.data] };
  };
  return { op, version, params, inputs: inputs.map(tensor), outputs: outputs.map(tensor) };
};

const expectSameNodes = (bytes: Uint8Array, first: number, last: number): void => {
  const whole = readTflite(bytes).graph;
  const cut = readTflite(cutTflite(bytes, first, last));
  expect(cut.graph.nodes.map((node) => described(cut.graph, node))).to.deep.equal(
    whole.nodes.slice(first, last + 1).map((node) => described(whole, node)),
  );
  const made = new Set(cut.graph.nodes.flatMap(({ outputs }) => outputs));
  const read = cut.graph.nodes.flatMap(({ inputs }) => inputs);
  expect([...cut.inputs].sort()).to.deep.equal(
    [...new Set(read)].filter((t) => t !== -1 && !made.has(t) && !cut.graph.tensors.get(t)?.constant).sort(),
  );
  expect(cut.outputs).to.have.length.above(0);
};

describe('cut', () => {
  it('keeps nodes, options, tensors and constants, and nothing else', () => {
    expectSameNodes(digits, 0, 27);
    expectSameNodes(digits, 3, 9);
    expectSameNodes(digits, 5, 5);
    expect(cutTflite(digits, 0, 0).length).to.be.below(digits.length / 10);
  });

  it('of a model with many ops', function () {
    const model = 'models/movenet_single_pose_lightning_ptq.tflite';
    needShared(this, model);
    const bytes = new Uint8Array(readFileSync(sharedPath(model)));
    expectSameNodes(bytes, 0, 156);
    expectSameNodes(bytes, 70, 90);
  });

  it('says which nodes there are', () => {
    expect(() => cutTflite(digits, 20, 28)).to.throw(PtfeError, 'the model has nodes 0 to 27');
  });
});
