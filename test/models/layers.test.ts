import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { rk3588 } from '../../src/hardware/chips.js';
import { compilePart } from '../../src/compile.js';
import type { Graph, Node, Part } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { rewrittenGraph } from '../../src/partition/check.js';
import { judgeNode } from '../../src/partition/judge.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { Oracle, type OutputTensor } from '../host/oracle.js';
import { numericsOf, pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { compare, type Comparison } from '../ops/tally.js';
import { modelEntries, modelFolder, modelPath, sampleInputs, zoo, zooIsHere } from './zoo.js';

/**
 * Every node of the real models by itself: TFLite's own input for it goes through its plan on the software NPU, and its
 * output is compared with TFLite's. What differs here is the node's own doing, not what came before.
 */
const modelsInEachRun = new Set([
  'mobilenet_v1_0.25_128_quant',
  'mobilenet_v1_1.0_224_quant_embedding_extractor',
  'mobilenet_v2_1.0_224_quant',
  'efficientnet_lite0_int8',
  'pretrainedResnet_quant',
]);
const wanted = zoo.filter(({ name }) => process.env['PTFE_ALL'] === '1' || modelsInEachRun.has(name));

const valuesOf = (graph: Graph, node: Node): readonly number[] =>
  node.inputs.filter((tensor) => tensor !== -1 && graph.tensors.get(tensor)?.constant === false);

/** One node on TFLite's input for it; null where the NPU does not take it. */
function runNode(addon: Addon, graph: Graph, node: Node, tensors: ReadonlyMap<number, Uint8Array>): Comparison | null {
  const hardware = { chip: rk3588, trust: 'inferred' } as const;
  if (judgeNode(graph, node, hardware).target === 'cpu') return null;
  const part: Part = { nodes: [node.index], inputs: [...new Set(valuesOf(graph, node))], outputs: node.outputs };
  const plan = compilePart(rewrittenGraph(graph, hardware), part, { trust: 'inferred' });
  if (!(plan instanceof Uint8Array)) throw new Error(`${node.op} #${node.index}: ${plan.rule}: ${plan.text}`);
  const inputs = part.inputs.map((tensor) => tensors.get(tensor) ?? new Uint8Array());
  const [output = new Uint8Array()] = addon.planRun(plan, inputs);
  const tensor = node.outputs[0] ?? -1;
  const { type, shape } = graph.tensors.get(tensor) ?? { type: 'other', shape: [] };
  const expected = { channels: shape.at(-1) ?? 1, data: tensors.get(tensor) ?? new Uint8Array() };
  return compare(`${node.op} #${node.index}`, type === 'uint8' ? 'uint8' : 'int8', [expected], [output]);
}

describe('real models, layer by layer', function () {
  this.timeout(600_000);
  let oracle: Oracle | undefined;
  let python = '';
  let total = { values: 0, differing: 0 };
  const addon = loadAddon();
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    if (!zooIsHere) return skip(this, `shared: no models at ${modelFolder}`);
    if (typeof addon === 'string') return skip(this, addon);
    if (!environment.available) return skip(this, environment.reason);
    python = environment.python;
    oracle = new Oracle(environment);
  });
  after(async () => oracle?.stop());

  for (const { name, samples } of wanted) {
    it(name, async () => {
      const entry = modelEntries().find((known) => known.name === name);
      if (oracle === undefined || typeof addon === 'string' || entry === undefined) throw new Error('not set up');
      const { graph, inputs } = readTflite(readFileSync(modelPath(name)), 0, numericsOf.ai_edge_litert);
      const [pictures = []] = sampleInputs(python, entry, samples.slice(0, 1));
      const run = await oracle.run({ model: modelPath(name), inputs: [pictures], everything: true });
      if (!run.ok) throw new Error(run.error);
      const made = (run.outputs[0] ?? []).map(({ index, data }: OutputTensor) => [index, data] as const);
      const tensors = new Map([
        ...made,
        ...inputs.map((tensor, i) => [tensor, pictures[i] ?? new Uint8Array()] as const),
      ]);
      let [layers, values, differing, worst, worstNode] = [0, 0, 0, 0, ''];
      for (const node of graph.nodes) {
        const layer = runNode(addon, graph, node, tensors);
        if (layer === null) continue;
        layers++;
        values += layer.events.values;
        differing += layer.events.differing;
        expect(layer.largest, `${node.op} #${node.index}`).to.be.at.most(1);
        if (process.env['PTFE_LAYERS'] !== undefined)
          console.log(`        ${node.op} #${node.index}: ${layer.differing} of ${layer.values}`);
        const share = layer.events.differing / layer.events.values;
        if (share > worst) [worst, worstNode] = [share, `${node.op} #${node.index}`];
      }
      console.log(
        `      ${layers} layers, ${values} values (a constant channel counts once), ${((100 * differing) / values).toFixed(4)} % differ, worst ${(100 * worst).toFixed(3)} % ${worstNode}`,
      );
      total = { values: total.values + values, differing: total.differing + differing };
    });
  }

  it('over all of them at most one value in a thousand differs', () => {
    expect(total.values).to.be.above(0);
    expect(total.differing / total.values).to.be.at.most(0.001);
  });
});
