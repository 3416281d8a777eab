import { expect } from 'chai';
import type { StreamReport } from '../../../src/lab/mesa/run.js';
import { ptfe } from '../../host/cli.js';
import { needShared } from '../../host/shared.js';
import { goldenPath, modelPath } from './golden.js';
import { needAddon } from './layer.js';

/**
 * `ptfe stream run` on every recorded stream: layers within the bound of Mesa's formulas, layers outside of it by the
 * defect that explains them, and values. Every layer is compared on two inputs.
 */
interface Expected {
  readonly patch?: string;
  readonly tasks: number;
  readonly layers: number;
  readonly values: number;
  /** Nodes by the one defect with which, set right, they agree. */
  readonly defects: Readonly<Record<string, readonly number[]>>;
  /** Equal share of the values on the reference's own input, rounded down. */
  readonly equal: number;
}

const posenet = 'posenet_mobilenet_v1_075_353_481_uint8_nodecoder';
const depthwiseOfPosenet = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25];

const expected: readonly (readonly [string, Expected])[] = [
  ['mobilenet_v1_0.25_128_quant', { tasks: 28, layers: 28, values: 412_649, defects: { k18: [1, 3] }, equal: 0.989 }],
  ['mobilenet_v1_0.25_128_quant', { patch: 'k18', tasks: 28, layers: 28, values: 412_649, defects: {}, equal: 0.989 }],
  ['mobilenet_v1_0.5_160_quant', { tasks: 29, layers: 28, values: 1_287_401, defects: { k18: [1] }, equal: 0.975 }],
  ['mobilenet_v1_0.5_160_quant', { patch: 'k18', tasks: 29, layers: 28, values: 1_287_401, defects: {}, equal: 0.975 }],
  // ReLU6 with output zero-points of 114 and 117: nothing below them is clamped.
  [
    'coco_ssd_mobilenet_v1_1.0_quant',
    { tasks: 63, layers: 41, values: 7_066_515, defects: { k8: [31, 33] }, equal: 0.992 },
  ],
  [
    'coco_ssd_mobilenet_v1_1.0_quant',
    { patch: 'k8', tasks: 63, layers: 41, values: 7_066_515, defects: {}, equal: 0.992 },
  ],
  // Planes of 353 x 481 and smaller: what looks at more than one pixel is wrong, 1x1 kernels do not notice.
  [posenet, { tasks: 89, layers: 31, values: 13_883_867, defects: { k1: [0, ...depthwiseOfPosenet] }, equal: 0.73 }],
  [posenet, { patch: 'k1', tasks: 91, layers: 31, values: 13_883_867, defects: {}, equal: 0.986 }],
];

describe('ptfe stream', () => {
  const small = 'mobilenet_v1_0.25_128_quant';

  it('refuses what it cannot do in one line', () => {
    expect(ptfe('stream').err).to.match(/^ptfe stream: run or patches\?.*\n$/);
    expect(ptfe('stream', 'walk').err).to.match(/no topic "walk"/);
    expect(ptfe('stream', 'run').err).to.match(/no stream given/);
    expect(ptfe('stream', 'run', 'none').err).to.match(/^ptfe stream: none.json.gz: there is no such file\n$/);
    expect(ptfe('stream', 'run', 'none', '--patch', 'k99').err).to.match(/--patch k99: known are k1, k2, k3/);
    expect(ptfe('stream', 'run', 'none', '--patch', 'k1').err).to.match(/--patch needs --model/);
  });

  it('lists its patches', () => {
    const { code, out } = ptfe('stream', 'patches', '--json');
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.have.property('patches').with.length(9);
  });

  it('executes without a model, and says when the model is another one', function () {
    needShared(this, `golden/mesa/${small}.json.gz`);
    needShared(this, 'models/vww_96_int8.tflite');
    needAddon(this);
    const alone = ptfe('stream', 'run', goldenPath(small));
    expect(alone).to.deep.include({ code: 0, err: '' });
    expect(alone.out).to.match(
      /^28 of 28 tasks executed, 28 jobs in 2 submits, with padding_surface_overrun=dropped\n$/,
    );
    const other = ptfe('stream', 'run', goldenPath(small), '--model', modelPath('vww_96_int8'));
    expect(other.code).to.equal(1);
    expect(other.out).to.match(/is it another model/);
    const text = ptfe('stream', 'run', goldenPath(small), '--model', modelPath(small));
    expect(text.code).to.equal(0);
    expect(text.out).to.match(/26 of 28 layers within their bound, 2 explained by a defect, 0 open\n$/);
  });
});

describe("Mesa's recorded streams against TFLite's kernels, layer by layer", function () {
  this.timeout(300_000);

  for (const [name, { patch, tasks, layers, values, defects, equal }] of expected) {
    it(patch === undefined ? name : `${name}, patched: ${patch}`, function () {
      needShared(this, `golden/mesa/${name}.json.gz`);
      needShared(this, `models/${name}.tflite`);
      needAddon(this);
      const patches = patch === undefined ? [] : ['--patch', patch];
      const argv = ['stream', 'run', goldenPath(name), '--model', modelPath(name), ...patches, '--json'];
      const { code, out, err } = ptfe(...argv);
      expect(code, err).to.equal(0);
      const report = JSON.parse(out) as StreamReport;
      expect({ tasks: report.executed, layers: report.layers.length, unknown: report.unknown }).to.deep.equal({
        tasks,
        layers,
        unknown: 0,
      });
      const found: Record<string, number[]> = {};
      let [sum, same, largest] = [0, 0, 0];
      for (const { node, within, defect, memory, own, bound } of report.layers) {
        if (defect !== null) (found[defect] ??= []).push(node);
        else expect(within, `#${node}`).to.equal(true);
        for (const one of [memory, own]) {
          expect(one, `#${node} is compared`).to.not.equal(null);
          if (within && one !== null) expect(one.largest, `#${node}`).to.be.at.most(bound?.counts ?? 0);
        }
        sum += own?.values ?? 0;
        same += (own?.values ?? 0) - (own?.different ?? 0);
        largest = Math.max(largest, own?.largest ?? 0);
      }
      expect(found).to.deep.equal(defects);
      expect(sum).to.equal(values);
      expect(same / sum).to.be.within(equal, equal + 0.01);
      console.log(
        `      ${layers} layers, ${sum} values, ${((100 * same) / sum).toFixed(3)} % equal, largest ${largest}`,
      );
    });
  }
});
