// Not a unit test: it runs plans on the software NPU.
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import type { CompileOptions } from '../../src/compile.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { seededRandom } from '../host/random.js';
import { seeds } from '../host/seeds.js';
import { sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { randomGraph } from '../random/graph.js';
import { compareCores } from './same_values.js';

/** Machines on which it pays to share out nearly everything, some, and what a board would. */
const machines: readonly NonNullable<CompileOptions['machine']>[] = [
  { megahertz: 1, exchangeMicroseconds: 1, interruptCpus: 3 },
  { megahertz: 20, exchangeMicroseconds: 1, interruptCpus: 3 },
  { exchangeMicroseconds: 30 },
];

const whole = [
  'vww_96_int8',
  'mobilenet_v1_1.0_224_quant',
  'mobilenet_v2_1.0_224_quant',
  'efficientnet_lite0_int8',
  'posenet_mobilenet_v1_075_353_481_uint8_nodecoder',
  'coco_ssd_mobilenet_v1_1.0_quant',
  'deeplabv3_mnv2_dm05_pascal_quant',
];
const small = ['mobilenet_v1_0.25_128_quant', 'kws_ref_model'];

describe('one inference on several cores: the bytes of one core', function () {
  this.timeout(600_000);
  let addon: Addon;
  before(function () {
    const loaded = loadAddon();
    if (typeof loaded === 'string') return skip(this, loaded);
    addon = loaded;
  });

  for (const name of process.env['PTFE_ALL'] === '1' ? [...small, ...whole] : small) {
    it(name, function () {
      const path = sharedPath(`models/${name}.tflite`);
      if (!existsSync(path)) return skip(this, `shared: no ${name}`);
      const random = seededRandom(1);
      const noise = (_: number, bytes: number) => Uint8Array.from({ length: bytes }, () => random.integer(0, 255));
      for (const machine of [machines[1], {}]) {
        const options = { cores: '3', parts: 'all', ...(machine === undefined ? {} : { machine }) } as const;
        const { different, plans } = compareCores(addon, readFileSync(path), options, noise);
        expect(plans, 'on several cores').to.have.lengthOf(1);
        expect(different).to.deep.equal([]);
      }
    });
  }

  for (const [turn, seed] of seeds.entries()) {
    const count = seeds.length === 1 || turn === 0 ? 24 : 12;
    it(`${count} random graphs from seed ${seed}, on two and on three`, () => {
      const wrong: string[] = [];
      let [plans, stages, byChannels] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const graph = randomGraph(seed + i);
        const random = seededRandom(seed + i);
        const noise = (_: number, bytes: number) => Uint8Array.from({ length: bytes }, () => random.integer(0, 255));
        const machine = machines[i % machines.length] ?? {};
        const cores = i % 4 === 3 ? '2' : '3';
        const compared = compareCores(addon, graph.bytes, { machine, cores, parts: 'all' }, noise);
        wrong.push(...compared.different.map((text) => `seed ${seed + i}: ${text}: ${graph.title}`));
        plans += compared.plans.length;
        for (const { plan, estimate } of compared.plans) {
          stages += estimate.stages.length;
          // Some of a result's channels are a view of some of its surfaces.
          byChannels += plan.tensors.filter(
            ({ direction, start, shape: [, , , c], step }) => direction === 'piece' && start % step !== 0 && c < step,
          ).length;
        }
      }
      console.log(`      ${plans} plans of several cores, ${stages} stages, ${byChannels} outputs by channels`);
      expect(wrong).to.deep.equal([]);
      expect(plans).to.be.above(count / 4);
      expect(stages).to.be.above(plans);
    });
  }
});
