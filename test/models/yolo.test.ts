import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import type { OpModel } from '../ops/builder.js';
import { distance } from './zoo.js';
import { yolo5, yolo8 } from './yolo_model.js';

/**
 * Detectors as users export them: the whole graph is one part. Random weights make small differences grow from layer to
 * layer (each layer by itself is within one count, as test/ops has it): the yardstick is what XNNPACK, TFLite's own fast
 * path, differs from the reference kernels.
 */
describe('YOLO-like graphs, 640x640', function () {
  this.timeout(300_000);
  let oracle: Oracle | undefined;
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    if (!environment.available) return skip(this, environment.reason);
    if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built');
    oracle = new Oracle(environment);
  });
  after(async () => oracle?.stop());

  for (const model of [yolo8(640, 8), yolo5(640, 5)] satisfies readonly OpModel[]) {
    it(model.title, async () => {
      if (oracle === undefined) throw new Error('no oracle');
      const request = { model: writeTflite(model.spec), inputs: [model.inputs] };
      const reference = await oracle.run(request);
      const delegated = await oracle.run({
        ...request,
        delegate: { library: delegateLibrary, options: { parts: 'all' } },
      });
      const fast = await oracle.run({ ...request, kernels: 'default' });
      if (!reference.ok || !fast.ok) throw new Error('TFLite alone fails');
      if (!delegated.ok) throw new Error(`${delegated.error}\n${delegated.stderr}`);
      const { values, differing, largest } = distance(reference.outputs[0] ?? [], delegated.outputs[0] ?? []);
      const yardstick = distance(reference.outputs[0] ?? [], fast.outputs[0] ?? []);
      const codes = (reference.outputs[0] ?? []).map(({ data }) => new Set(data).size);
      console.log(
        `      ${delegated.nodes.length} nodes, ${delegated.partitions} part; ${((100 * (values - differing)) / values).toFixed(3)} % of ${values} values equal, largest difference ${largest}; XNNPACK ${((100 * (values - yardstick.differing)) / values).toFixed(3)} %, ${yardstick.largest} (${codes.join(', ')} codes in use); prepare ${delegated.prepareSeconds.toFixed(2)} s, invoke ${delegated.invokeSeconds.toFixed(2)} s`,
      );
      expect(delegated.nodes.filter((node) => !node.delegated).map(({ op }) => op)).to.deep.equal([]);
      expect(delegated.partitions).to.equal(1);
      expect(Math.min(...codes), 'codes in use').to.be.above(100);
      expect(differing, 'values that differ').to.be.at.most(yardstick.differing);
    });
  }
});
