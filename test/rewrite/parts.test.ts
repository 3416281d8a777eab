import { expect } from 'chai';
import { compilePart } from '../../src/compile.js';
import type { Graph } from '../../src/graph/graph.js';
import { rk3588 } from '../../src/hardware/chips.js';
import { rewrittenGraph } from '../../src/partition/check.js';
import { partOf } from '../../src/partition/split.js';
import { readTflite } from '../../src/tflite/reader.js';
import { loadAddon } from '../host/addon.js';
import { Oracle } from '../host/oracle.js';
import { numericsOf, pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, doubled } from '../ops/builder.js';
import { patterns } from './patterns.js';

const hardware = { chip: rk3588, trust: 'inferred' } as const;
const runtime = 'ai_edge_litert';

/** TFLite cuts parts as it likes: whichever nodes a part has, it gives TFLite's values or says which of them it cannot have. */
describe('parts with some of the nodes that run as one', function () {
  this.timeout(120_000);
  for (const [title, pattern] of Object.entries(patterns)) {
    it(title, async function () {
      const [environment, addon] = [pythonEnvironment(runtime), loadAddon()];
      if (!environment.available) return skip(this, environment.reason);
      if (typeof addon === 'string') return skip(this, addon);
      const b = new Builder(5);
      const shape = [1, 6, 5, 4];
      const input = b.input('int8', shape, 0.1, 3);
      const made = pattern(b, doubled(b, 'int8', input, shape, 0.1, 3), shape);
      const { spec, inputs } = b.model(title, made.slice(-1));
      const bytes = writeTflite(spec);
      const oracle = new Oracle(environment);
      const run = await oracle.run({ model: bytes, inputs: [inputs], everything: true });
      await oracle.stop();
      if (!run.ok) throw new Error(run.error);
      const tensors = new Map((run.outputs[0] ?? []).map(({ index, data }) => [index, data] as const));
      tensors.set(input, inputs[0] ?? new Uint8Array());
      const { graph, outputs } = readTflite(bytes, 0, numericsOf[runtime]);
      const rewritten = rewrittenGraph(graph, hardware);
      const isOther = rewritten.graph.nodes.length < graph.nodes.length || rewritten.orders.size > 0;
      expect(isOther, 'rewritten').to.equal(true);
      const bytesOf = (tensor: number): Uint8Array => {
        const found = tensors.get(tensor);
        if (found === undefined) throw new Error(`TFLite shows no tensor ${tensor}`);
        return found;
      };
      const largest = (tensor: number, got: Uint8Array): number =>
        Math.max(...bytesOf(tensor).map((byte, i) => Math.abs(((byte << 24) >> 24) - (((got[i] ?? 0) << 24) >> 24))));
      let compared = 0;
      for (let chosen = 1; chosen < 2 ** graph.nodes.length; chosen++) {
        const part = partOf(
          graph,
          graph.nodes.filter((_, i) => ((chosen >> i) & 1) === 1),
          outputs,
        );
        const where = `nodes ${part.nodes.join(' ')}`;
        const plan = compilePart(rewritten, part, hardware);
        if (!(plan instanceof Uint8Array)) {
          expect(part.nodes, where).to.include.members(plan.refusals.map(({ node }) => node));
          expect(
            plan.refusals.map(({ rule }) => rule),
            where,
          ).to.not.include.members(['bug']);
          continue;
        }
        const results = addon.planRun(plan, part.inputs.map(bytesOf), { facts: {} });
        for (const [i, tensor] of part.outputs.entries()) {
          expect(largest(tensor, results[i] ?? new Uint8Array()), `${where}, tensor ${tensor}`).to.be.at.most(1);
          compared++;
        }
      }
      console.log(`      ${compared} results of parts`);
      expect(compared, 'results').to.be.at.least(3);
    });
  }

  it('do without what is made elsewhere, though the whole graph could take it', () => {
    // Two dense layers take a flattened map that the CPU makes: neither part has the map itself.
    const b = new Builder(5);
    const map = doubled(b, 'int8', b.input('int8', [1, 4, 4, 3], 0.1, 3), [1, 4, 4, 3], 0.1, 3);
    const row = b.map('int8', [1, 48], 0.1, 3);
    b.op({ op: 'RESHAPE', inputs: [map, b.ints([1, 48])], outputs: [row] });
    const options = { type: 'FullyConnectedOptions', fields: { activation: 0 } } as const;
    const results = [0, 1].map(() => {
      const output = b.map('int8', [1, 3], 0.1, 3);
      const filter = b.constant('int8', [3, 48], 0.001, 0);
      b.op({ op: 'FULLY_CONNECTED', version: 4, inputs: [row, filter, -1], outputs: [output], options });
      return output;
    });
    const { graph, outputs } = readTflite(writeTflite(b.model('', results).spec));
    const rewritten = rewrittenGraph(graph, hardware);
    expect(opsOf(rewritten.graph)).to.deep.equal(['ADD', 'FLAT_FULLY_CONNECTED', 'FLAT_FULLY_CONNECTED']);
    for (const node of graph.nodes.slice(2)) {
      const part = partOf(graph, [node], outputs);
      expect(part.inputs).to.deep.equal([row]);
      expect(compilePart(rewritten, part, hardware)).to.be.instanceOf(Uint8Array);
    }
  });
});

const opsOf = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);
