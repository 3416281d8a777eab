import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { readTflite } from '../../../src/tflite/reader.js';
import { evaluateNode } from '../../../src/lab/reference/graph.js';
import { Oracle } from '../../host/oracle.js';
import { numericsOf, pythonEnvironment } from '../../host/python.js';
import { seededRandom } from '../../host/random.js';
import { isShared, sharedPath } from '../../host/shared.js';
import { skip } from '../../host/skip.js';
import { buildModel, modelChoice } from '../../ops/random_model.js';

/** Of the two runtimes the one that keeps every tensor: tflite_runtime writes ADDs over their operands. */
const environment = pythonEnvironment('ai_edge_litert');

interface Count {
  nodes: number;
  values: number;
}

/** Every node that the reference knows, on the inputs that TFLite's own kernels gave it. */
async function compareNodes(
  oracle: Oracle,
  model: Uint8Array,
  inputs: readonly Uint8Array[],
  counts: Map<string, Count>,
): Promise<void> {
  const read = readTflite(model, 0, numericsOf.ai_edge_litert);
  const result = await oracle.run({ model, inputs: [inputs], everything: true });
  if (!result.ok) throw new Error(result.error);
  const values = new Map(result.outputs[0]?.map(({ index, data }) => [index, data]));
  read.inputs.forEach((tensor, i) => values.set(tensor, inputs[i] ?? new Uint8Array()));
  for (const node of read.graph.nodes) {
    if (node.op === 'RESHAPE') continue;
    const got = evaluateNode(read.graph, node, values);
    if (got === null) continue;
    const wanted = values.get(node.outputs[0] ?? -1) ?? new Uint8Array();
    expect(Buffer.compare(got, wanted), `${node.op} #${node.index}`).to.equal(0);
    const count = counts.get(node.op) ?? { nodes: 0, values: 0 };
    counts.set(node.op, { nodes: count.nodes + 1, values: count.values + got.length });
  }
}

const report = (counts: ReadonlyMap<string, Count>): void => {
  for (const [op, { nodes, values }] of counts) console.log(`      ${op}: ${nodes} nodes, ${values} values, all equal`);
};

describe("the reference in TypeScript against TFLite's kernels", function () {
  this.timeout(600_000);
  let oracle: Oracle | undefined;

  before(function () {
    if (environment.available) oracle = new Oracle(environment);
  });
  after(async () => oracle?.stop());

  function oracleOrSkip(context: Mocha.Context): Oracle {
    if (!environment.available) return skip(context, environment.reason);
    if (oracle !== undefined) return oracle;
    throw new Error('no oracle');
  }

  it('random layers', async function () {
    const python = oracleOrSkip(this);
    const counts = new Map<string, Count>();
    for (const choice of fc.sample(modelChoice, { numRuns: 120, seed: 3 })) {
      const model = buildModel(choice);
      await compareNodes(python, model.bytes, model.inputs, counts);
    }
    report(counts);
  });

  for (const name of ['mobilenet_v1_0.25_128_quant', 'vww_96_int8', 'mobilenet_v2_1.0_224_quant']) {
    it(name, async function () {
      const python = oracleOrSkip(this);
      const path = `models/${name}.tflite`;
      if (!isShared(path)) return skip(this, `tool: ${sharedPath(path)} is not here`);
      const model = Uint8Array.from(readFileSync(sharedPath(path)));
      const { graph, inputs } = readTflite(model);
      const random = seededRandom(5);
      const pictures = inputs.map((tensor) => {
        const size = graph.tensors.get(tensor)?.shape.reduce((product, side) => product * side, 1) ?? 0;
        return Uint8Array.from({ length: size }, () => random.integer(0, 255));
      });
      const counts = new Map<string, Count>();
      await compareNodes(python, model, pictures, counts);
      report(counts);
    });
  }
});
