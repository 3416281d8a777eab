import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { operators } from '../../src/ops/index.js';
import { partRules } from '../../src/partition/part_rules.js';
import { readPlan } from '../../src/plan/read.js';
import { readTflite } from '../../src/tflite/reader.js';
import { writeTflite } from '../host/tflite_writer.js';
import { blockModels } from './block_models.js';
import { byteType, type OpModel, whole } from './builder.js';
import { convModels, dilated, grouped, largeGroups, multiplied } from './conv_models.js';
import { activated, combined, constantMaps, repeatedMaps, rescaled } from './elementwise_models.js';
import { reshaped, resized, stacked, transposed } from './host_models.js';
import { padModels, wide as widePad } from './pad_models.js';
import { pictureModels, wide } from './picture_block_models.js';
import { poolModels, poolModelsOf } from './pool_models.js';
import { channelModels, reduceModels } from './reduce_models.js';
import { bilinear, either, nearest, wideColumns, wideRows } from './resize_models.js';
import { gated, squares } from './table_models.js';
import { modelsOf as transposedModels, large, small } from './transposed_models.js';

/**
 * The models that the ops' own tests draw, a few of each: the compiler makes a plan that its reader accepts, or refuses by a
 * rule that the op lists. What the plans calculate is compared with TFLite in those tests.
 */
const apart = fc.record({ length: whole(32, 48), filter: whole(32, 40), stride: whole(1, 40) });

const kinds: Readonly<Record<string, readonly [models: fc.Arbitrary<OpModel>, count: number]>> = {
  'dilated convolutions': [convModels(dilated('CONV_2D')), 6],
  'dilated depthwise convolutions': [convModels(dilated('DEPTHWISE_CONV_2D')), 6],
  'depth multipliers': [convModels(multiplied), 6],
  groups: [convModels(grouped), 6],
  'large groups': [convModels(largeGroups), 2],
  'transposed convolutions': [transposedModels(fc.record(small)), 10],
  'large transposed convolutions': [transposedModels(large), 3],
  'maximum of large windows': [poolModelsOf('MAX_POOL_2D', apart, fc.constant('valid')), 4],
  'average of large windows': [poolModelsOf('AVERAGE_POOL_2D', apart, fc.constant('valid')), 4],
  'pools between convolutions': [poolModels('AVERAGE_POOL_2D', { then: 'convolution' }), 6],
  means: [reduceModels('MEAN', 'same'), 6],
  'means over channels': [channelModels('MEAN', 'same'), 6],
  'sums over channels': [channelModels('SUM', fc.constant(0)), 6],
  'maxima over channels': [channelModels('REDUCE_MAX', 'same'), 6],
  'nearest neighbours': [nearest(either), 8],
  'nearest neighbours in wide planes': [nearest(wideRows, wideColumns), 2],
  'bilinear resizes': [bilinear(either, either, byteType), 8],
  'resizes on the host': [fc.oneof(resized('RESIZE_BILINEAR'), resized('RESIZE_NEAREST_NEIGHBOR')), 8],
  'transposes on the host': [transposed, 8],
  'stacks on the host': [stacked, 6],
  reshapes: [reshaped, 6],
  'blocks of depth': [fc.oneof(blockModels('SPACE_TO_DEPTH', 'anything'), blockModels('DEPTH_TO_SPACE', 'nothing')), 8],
  'blocks of samples': [
    fc.oneof(pictureModels('SPACE_TO_BATCH_ND', true), pictureModels('BATCH_TO_SPACE_ND', true)),
    8,
  ],
  'wide blocks of samples': [pictureModels('SPACE_TO_BATCH_ND', false, wide), 2],
  'padding before a convolution': [padModels('convolution'), 8],
  'padding of wide planes': [padModels('nothing', widePad), 2],
  'sums of maps that repeat': [combined(['ADD', 'SUB', 'MUL'], 'map', repeatedMaps), 8],
  'sums of constant maps': [combined(['ADD', 'SUB', 'MUL'], 'constant', constantMaps), 8],
  'other scales': [fc.oneof(rescaled, activated), 6],
  gates: [fc.oneof(gated('LOGISTIC'), gated('TANH'), squares), 6],
};

const rulesOf = (op: string): readonly string[] => [
  ...(operators.get(op)?.rules ?? []).map(({ name }) => name),
  ...Object.keys(partRules),
];

describe('models as the ops draw them', () => {
  for (const [title, [models, count]] of Object.entries(kinds))
    it(title, function () {
      this.timeout(60_000);
      let planned = 0;
      for (const { title: what, spec } of fc.sample(models, { numRuns: count, seed: 11 })) {
        const bytes = writeTflite(spec);
        const { nodes } = readTflite(bytes).graph;
        const { parts, refusals } = compileTflite(bytes, { trust: 'inferred', parts: 'all' });
        for (const { plan } of parts) expect(() => readPlan(plan), what).to.not.throw(PtfeError);
        const here = parts.flatMap((part) => part.nodes);
        const kept = refusals.map(({ node }) => node);
        expect(
          [...here, ...kept].toSorted((a, b) => a - b),
          what,
        ).to.deep.equal(nodes.map(({ index }) => index));
        for (const { node, rule } of refusals) expect(rulesOf(nodes[node]?.op ?? ''), what).to.include(rule);
        planned += here.length;
      }
      expect(planned).to.be.above(0);
    });
});
