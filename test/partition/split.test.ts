import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import type { Part } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { disorderOf, splitParts } from '../../src/partition/split.js';
import { holdsAsync } from '../host/holds.js';
import { Oracle } from '../host/oracle.js';
import { pythonEnvironment, repository, runtimes } from '../host/python.js';
import { seededRandom } from '../host/random.js';
import { type Lack, skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { randomGraph } from './random_graph.js';

const library = join(repository, 'build/test-partition/claiming_delegate.so');

/** A delegate in C that asks TFLite for its parts. @returns why there is none */
const buildDelegate = (): Lack | null => {
  mkdirSync(join(library, '..'), { recursive: true });
  const source = join(repository, 'test/delegate/fixtures/claiming_delegate.c');
  const flags = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-fvisibility=hidden'];
  const includes = ['-I', join(repository, 'delegate/abi')];
  const { CC: compiler = 'cc' } = process.env;
  const { status, stderr, error } = spawnSync(compiler, [...flags, ...includes, '-o', library, source], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `tool: no C compiler (${error.message})`;
  if (status !== 0) throw new Error(stderr);
  return null;
};

const partsOf = (stderr: string): readonly Part[] =>
  stderr
    .split('\n')
    .flatMap((line) =>
      line.startsWith('partition: ') ? [JSON.parse(line.slice('partition: '.length)) as unknown as Part] : [],
    );

for (const runtime of runtimes) {
  describe(`partition: the parts that TFLite makes, in ${runtime}`, function () {
    this.timeout(120_000);
    let oracle: Oracle;
    before(function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      const lack = buildDelegate();
      if (lack !== null) return skip(this, lack);
      oracle = new Oracle(environment);
    });
    after(async () => {
      await oracle?.stop();
    });

    it('of random graphs with variables, calls of other graphs and control edges', async () => {
      let cut = 0;
      await holdsAsync(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const { spec, claimed } = randomGraph(seededRandom(seed));
          const bytes = writeTflite(spec);
          const { graph, outputs } = readTflite(bytes);
          const options = { nodes: claimed.join(',') };
          const { stderr } = await oracle.run({ model: bytes, inputs: [], delegate: { library, options } });
          const theirs = partsOf(stderr).map((part) => ({
            ...part,
            inputs: part.inputs.filter((tensor) => graph.tensors.get(tensor)?.constant === false),
          }));
          const ours = splitParts(graph, new Set(claimed), outputs);
          if (ours.length > 1) cut++;
          expect(JSON.stringify(ours)).to.equal(JSON.stringify(theirs));
        }),
        { numRuns: 200 },
      );
      expect(cut).to.be.above(60);
    });
  });
}

describe('partition: graphs that cannot run as they are listed', () => {
  it('stay on the CPU, with the node that stands wrong', () => {
    const add = { op: 'ADD', options: { type: 'AddOptions', fields: { activation: 0 } } } as const;
    const map = { type: 'int8', shape: [1, 4, 4, 16], scale: [0.1], zeroPoint: [0] } as const;
    const spec = {
      tensors: ['x', 'a', 'b'].map((name) => ({ ...map, name })),
      inputs: [0],
      outputs: [2],
    };
    const late = writeTflite({
      ...spec,
      ops: [
        { ...add, inputs: [0, 2], outputs: [1] },
        { ...add, inputs: [0, 0], outputs: [2] },
      ],
    });
    const cyclic = writeTflite({
      ...spec,
      ops: [
        { ...add, inputs: [0, 2], outputs: [1] },
        { ...add, inputs: [0, 1], outputs: [2] },
      ],
    });
    const chained = writeTflite({
      ...spec,
      ops: [
        { ...add, inputs: [0, 0], outputs: [1] },
        { ...add, inputs: [0, 1], outputs: [2] },
      ],
      controlEdges: [[[1, 0]]],
    });
    for (const [model, why] of [
      [late, /ADD #0 reads tensor 2, which ADD #1 makes after it/],
      [cyclic, /ADD #0 reads tensor 2, which ADD #1 makes after it/],
      [chained, /waits for a node that waits for it/],
    ] as const) {
      expect(disorderOf(readTflite(model).graph)).to.match(why);
      const { parts, refusals } = compileTflite(model, { trust: 'inferred', parts: 'all' });
      expect(parts).to.have.length(0);
      expect(refusals.map(({ rule }) => rule)).to.deep.equal(['order', 'order']);
    }
  });
});
