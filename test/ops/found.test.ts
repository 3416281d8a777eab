import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { loadAddon } from '../host/addon.js';
import { Oracle } from '../host/oracle.js';
import { anyPythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { buildModel, type ModelChoice } from './random_model.js';
import type { ConvLayer } from './random_layers.js';
import { compare } from './tally.js';

/** Cases that random models found once, kept in their smallest form. */
const layer: ConvLayer = {
  depthwise: false,
  channels: 20,
  kernelHeight: 3,
  kernelWidth: 3,
  strideY: 1,
  strideX: 1,
  padding: 'valid',
  bias: true,
  activation: 'none',
  scaleLog2: -6,
  channelRatioLog10: 0,
  hugeBiases: false,
  extremeWeights: false,
};
const base: ModelChoice = {
  seed: 11,
  shape: 'conv',
  type: 'int8',
  family: 'per-tensor',
  powersOfTwo: false,
  size: 'usual',
  height: 12,
  width: 12,
  channels: 20,
  first: layer,
  last: layer,
  add: { other: 'input', swapped: false, scaleRatioLog2: 0, activation: 'none', innerUse: 'none' },
};

const found: readonly (readonly [string, ModelChoice])[] = [
  // The mantissa rounds to 1.0 in the bits that the chip has for it.
  ...[-6.00003, -5.999999, -3.00002, -9.00001].flatMap((scaleLog2) =>
    (['conv', 'depthwise'] as const).map(
      (shape) =>
        [
          `${shape} with an effective scale of 2^${scaleLog2}`,
          { ...base, shape, type: 'uint8', first: { ...layer, scaleLog2 } },
        ] as const,
    ),
  ),
  // 32 kernels of 12x7x51 are more than the weight banks that a short plane left.
  [
    'a kernel group that needs most of the convolution buffer',
    {
      ...base,
      height: 3,
      width: 14,
      channels: 51,
      first: { ...layer, kernelHeight: 12, kernelWidth: 7, strideY: 4, strideX: 7, channels: 60, padding: 'same' },
    },
  ],
  [
    'a large kernel of few channels',
    {
      ...base,
      height: 10,
      width: 20,
      channels: 2,
      first: { ...layer, kernelHeight: 20, kernelWidth: 22, strideX: 2, channels: 64, padding: 'same' },
    },
  ],
  [
    'per channel with dead channels and huge biases',
    { ...base, family: 'per-channel', first: { ...layer, hugeBiases: true, channelRatioLog10: 3, channels: 70 } },
  ],
];

describe('models that random tests found', () => {
  let oracle: Oracle | undefined;
  const addon = loadAddon();
  before(function () {
    const environment = anyPythonEnvironment();
    if (typeof addon === 'string') return skip(this, addon);
    if (!environment.available) return skip(this, environment.reason);
    oracle = new Oracle(environment);
  });
  after(async () => oracle?.stop());

  for (const [title, choice] of found) {
    it(title, async () => {
      if (oracle === undefined || typeof addon === 'string') throw new Error('no oracle');
      const model = buildModel(choice);
      const reference = await oracle.run({ model: model.bytes, inputs: [model.inputs] });
      if (!reference.ok) throw new Error(reference.error);
      const { parts, refusals } = compileTflite(model.bytes);
      expect(refusals).to.deep.equal([]);
      const [part] = parts;
      if (part === undefined) throw new Error('no part');
      const got = addon.planRun(part.plan, model.inputs);
      const expected = (reference.outputs[0] ?? []).map(({ data, shape }) => ({ data, channels: shape.at(-1) ?? 1 }));
      const { values, differing, largest } = compare(title, choice.type, expected, got);
      expect(largest, 'counts').to.be.at.most(1);
      expect(differing / values, 'share that differs').to.be.below(0.005);
    });
  }
});
