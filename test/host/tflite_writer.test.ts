import { expect } from 'chai';
import { Oracle } from './oracle.js';
import { pythonEnvironment, runtimes } from './python.js';
import { skip } from './skip.js';
import { activation, type ModelSpec, padding, writeTflite } from './tflite_writer.js';

/** A 1x1 convolution with weights 2 and 3, bias 1 and all scales 1: the answers can be told without TFLite. */
const spec: ModelSpec = {
  tensors: [
    { name: 'x', type: 'int8', shape: [1, 1, 2, 1], scale: [1], zeroPoint: [0] },
    { name: 'w', type: 'int8', shape: [2, 1, 1, 1], scale: [1, 1], zeroPoint: [0, 0], data: Uint8Array.of(2, 3) },
    {
      name: 'b',
      type: 'int32',
      shape: [2],
      scale: [1, 1],
      zeroPoint: [0, 0],
      data: new Uint8Array(Int32Array.of(1, 1).buffer),
    },
    { name: 'y', type: 'int8', shape: [1, 1, 2, 2], scale: [1], zeroPoint: [-5] },
    { name: 'sum', type: 'int8', shape: [1, 1, 2, 2], scale: [2], zeroPoint: [0] },
  ],
  ops: [
    {
      op: 'CONV_2D',
      version: 3,
      inputs: [0, 1, 2],
      outputs: [3],
      options: {
        type: 'Conv2DOptions',
        fields: { padding: padding.valid, strideW: 1, strideH: 1, activation: activation.relu },
      },
    },
    {
      op: 'ADD',
      version: 2,
      inputs: [3, 3],
      outputs: [4],
      options: { type: 'AddOptions', fields: { activation: activation.none } },
    },
  ],
  inputs: [0],
  outputs: [3, 4],
};

describe('.tflite writer', () => {
  for (const runtime of runtimes) {
    it(`writes a model that ${runtime} runs`, async function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      const oracle = new Oracle(environment);
      const inputs = [[Uint8Array.of(10, 256 - 3)], [Uint8Array.of(1, 0)]];
      const result = await oracle.run({ model: writeTflite(spec), inputs });
      const broken = await oracle.run({ model: new Uint8Array(64), inputs: [] });
      await oracle.stop();
      if (!result.ok) throw new Error(result.error);
      // (10*2+1, 10*3+1), relu(-3*2+1), relu(-3*3+1); zero-point -5
      expect(result.outputs[0]?.map(({ data }) => [...new Int8Array(data)])).to.deep.equal([
        [16, 26, -5, -5],
        [21, 31, 0, 0],
      ]);
      expect(result.outputs[1]?.map(({ data }) => [...new Int8Array(data)])[0]).to.deep.equal([-2, -1, -4, -4]);
      expect(result.nodes.map(({ op, delegated }) => [op, delegated])).to.deep.equal([
        ['CONV_2D', false],
        ['ADD', false],
      ]);
      expect(broken.ok).to.equal(false);
    });
  }

  it('refuses an option that the table does not have', () => {
    const [conv] = spec.ops;
    if (conv === undefined) throw new Error('no op');
    const wrong = { ...spec, ops: [{ ...conv, options: { type: 'Conv2DOptions', fields: { stride: 1 } } as const }] };
    expect(() => writeTflite(wrong)).to.throw('Conv2DOptions has no field stride');
  });
});
