import { expect } from 'chai';
import { ByteBuffer } from 'flatbuffers';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { delegateLibrary, Oracle, type RunRequest, type RunResult } from '../host/oracle.js';
import { pythonEnvironment, runtimes } from '../host/python.js';
import { seededRandom } from '../host/random.js';
import { needShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { distance } from '../models/zoo.js';
import { deepModel, reshapedModel, streamingModel } from './changing_models.js';
import { type Bench, openBench, said } from './host_program.js';

/** Names another tensor as the main subgraph's only output: a layer that shows every count of the state. */
function withOutput(bytes: Uint8Array, tensor: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const buffer = new ByteBuffer(copy);
  // Field 2 of a model are its subgraphs, field 2 of a subgraph its outputs.
  const field = (table: number): number => buffer.__vector(table + buffer.__offset(table, 8));
  buffer.writeInt32(field(buffer.__indirect(field(buffer.readInt32(0)))), tensor);
  return copy;
}

const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** Models whose state or shapes change from invoke to invoke: each answer beside that of TFLite alone. */
for (const runtime of runtimes) {
  describe(`delegate and what changes between invokes, in ${runtime}`, function () {
    this.timeout(100_000);
    let bench: Bench;
    let oracle: Oracle;
    before(function () {
      const opened = openBench(runtime);
      const environment = pythonEnvironment(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      if (!environment.available) return skip(this, environment.reason);
      bench = opened;
      oracle = new Oracle(environment);
    });
    after(async () => {
      await oracle?.stop();
      bench?.remove();
    });

    const delegate = (options: Readonly<Record<string, string>>): NonNullable<RunRequest['delegate']> => ({
      library: delegateLibrary,
      options: { parts: 'all', ...options },
    });
    const run = async (request: RunRequest): Promise<RunResult & { ok: true }> => {
      const result = await oracle.run(request);
      if (!result.ok) throw new Error(`${result.error} ${result.stderr}`);
      return result;
    };
    /** The largest difference of each invoke. */
    const distances = (a: RunResult & { ok: true }, b: RunResult & { ok: true }): readonly number[] =>
      a.outputs.map((outputs, i) => distance(outputs, b.outputs[i] ?? []).largest);
    const rightInEach = async (request: RunRequest, most: number): Promise<RunResult & { ok: true }> => {
      const plain = await run(request);
      const result = await run({ ...request, delegate: delegate({}) });
      expect(new Set(plain.outputs.map(([output]) => output?.data.join())).size, 'answers that differ').to.be.above(1);
      expect(Math.max(...distances(plain, result)), 'difference to the reference kernels').to.be.at.most(most);
      return result;
    };
    const noise = (bytes: number, invokes: number): readonly (readonly Uint8Array[])[] => {
      const random = seededRandom(11);
      return Array.from({ length: invokes }, () => [Uint8Array.from({ length: bytes }, () => random.integer(0, 255))]);
    };

    for (const [how, late] of [
      ['before the part', false],
      ['in the middle of it', true],
    ] as const) {
      it(`a variable whose handle is made ${how}`, async () => {
        const result = await rightInEach({ model: streamingModel(late).bytes, inputs: noise(2 * 6 * 16, 6) }, 1);
        expect(result.partitions).to.equal(1);
        expect(result.nodes.filter(({ delegated }) => delegated).map(({ op }) => op)).to.have.members([
          'CONV_2D',
          'CONV_2D',
          'CONCATENATION',
          'STRIDED_SLICE',
          'CONV_2D',
        ]);
        expect(said(result.stderr)).to.deep.equal([]);
      });
    }

    it('a streaming model: all but its variables is one part', async function () {
      needShared(this, 'models/microwakeword_hey_jarvis.tflite');
      const bytes = readFileSync(sharedPath('models/microwakeword_hey_jarvis.tflite'));
      // Tensor 64 is the last layer with state; the score itself is 0 for noise.
      for (const model of [bytes, withOutput(bytes, 64)]) {
        const request = { model, inputs: noise(3 * 40, 12) };
        const plain = await run(request);
        const result = await run({ ...request, delegate: delegate({}) });
        expect(result.partitions).to.equal(1);
        expect(Math.max(...distances(plain, result))).to.be.at.most(1);
        const answers = new Set(plain.outputs.map(([output]) => output?.data.join()));
        if (model !== bytes) expect(answers.size, 'answers that differ').to.equal(12);
        if (model !== bytes) continue;
        const left = result.nodes.filter(({ delegated }) => !delegated).map(({ op }) => op);
        expect([...new Set(left)]).to.deep.equal(['CALL_ONCE', 'VAR_HANDLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE']);
        expect(result.nodes.length - left.length).to.equal(26);
      }
    });

    it('a shape that is known only in an invoke', async () => {
      const cache = join(bench.folder, 'reshaped');
      const fitting = reshapedModel(4, 9);
      const first = await run({ model: fitting.bytes, inputs: [fitting.inputs], delegate: delegate({ cache }) });
      expect(first.partitions).to.equal(2);
      for (const options of [{}, { cache, node: '/nonexistent/node' }]) {
        const { bytes, inputs } = reshapedModel(9, 4);
        const plain = await run({ model: bytes, inputs: [inputs] });
        const result = await run({ model: bytes, inputs: [inputs], delegate: delegate(options) });
        expect(result.partitions).to.equal(2);
        expect(result.outputs[0]?.[0]?.shape).to.deep.equal([1, 9, 4, 8]);
        expect(distances(plain, result)).to.deep.equal([0]);
        expect(said(result.stderr)).to.have.lengthOf('node' in options ? 1 : 0);
      }
    });

    // LiteRT's own kernels give a wrong answer here, without any delegate.
    if (runtime !== 'ai_edge_litert')
      it('a shape that is another one in each invoke', async () => {
        const { bytes, inputs } = reshapedModel(4, 9);
        const shapes = [
          [4, 9],
          [9, 4],
          [9, 4],
          [3, 12],
          [4, 9],
        ] as const;
        const request = { model: bytes, inputs: shapes.map((shape) => [inputs[0] ?? bytes, words(1, ...shape, 16)]) };
        const plain = await run(request);
        const result = await run({ ...request, delegate: delegate({}) });
        expect(result.outputs.map(([output]) => output?.shape)).to.deep.equal(shapes.map((shape) => [1, ...shape, 8]));
        expect(distances(plain, result)).to.deep.equal([0, 0, 0, 0, 0]);
      });

    it('more temporary tensors than TFLite has room for', async () => {
      const cache = join(bench.folder, 'deep');
      const [fitting, other] = [deepModel(4, 9, 60), deepModel(9, 4, 60)];
      await run({ model: fitting.bytes, inputs: [fitting.inputs], delegate: delegate({ cache }) });
      // The optimized kernels take temporary tensors, the reference kernels none.
      const request = { model: other.bytes, inputs: [other.inputs], kernels: 'optimized' } as const;
      const plain = await run(request);
      const result = await run({ ...request, delegate: delegate({ cache, node: '/nonexistent/node' }) });
      expect(result.partitions).to.equal(2);
      expect(distances(plain, result)).to.deep.equal([0]);
      expect(said(result.stderr).join()).to.match(/60 nodes run on TFLite's kernels/);
    });
  });
}
