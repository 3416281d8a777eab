import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenModels } from '../golden/models.js';
import { ptfe } from '../host/cli.js';
import { loadAddon } from '../host/addon.js';
import { pythonEnvironment, repository } from '../host/python.js';
import { needShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';

describe('ptfe compare', function () {
  this.timeout(60_000);
  let folder = '';
  let python = '';
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    const addon = loadAddon();
    if (!environment.available) return skip(this, environment.reason);
    if (typeof addon === 'string') return skip(this, addon);
    ({ python } = environment);
    folder = mkdtempSync(join(tmpdir(), 'ptfe-compare-'));
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  const digits = join(repository, 'examples/digits_int8.tflite');

  it('goes layer by layer, and names what stays on the CPU', () => {
    const { code, out, err } = ptfe(
      'compare',
      digits,
      join(repository, 'examples/pictures/digit_3.png'),
      '--python',
      python,
    );
    expect(err).to.equal('');
    expect(code, out).to.equal(0);
    expect(out).to.match(/#0 +CONV_2D +NPU +\d+\.\d{4} % equal of +4096/);
    expect(out).to.match(/#27 +SOFTMAX +CPU +operator: /);
    expect(out).to.match(/ nodes compared: 99\.\d+ % of \d+ values equal, largest difference 1/);
  });

  it('answers 1 beyond the limits, and the same as JSON', () => {
    const { code, out } = ptfe('compare', digits, '--limit', '0', '--share', '0', '--python', python, '--json');
    expect(code).to.equal(1);
    const answer = JSON.parse(out) as { good: boolean; largest: number; layers: readonly { on: string }[] };
    expect(answer.good).to.equal(false);
    expect(answer.largest).to.equal(1);
    expect(answer.layers.some(({ on }) => on === 'NPU')).to.equal(true);
  });

  it('takes x * sigmoid(x) as it is lowered: one table, every value', () => {
    const b = new Builder(3);
    const shape = [1, 16, 16, 32];
    const x = b.input('int8', shape, 0.06, -10);
    const gate = b.map('int8', shape, 1 / 256, -128);
    const output = b.map('int8', shape, 0.06, -10);
    b.op({ op: 'LOGISTIC', version: 2, inputs: [x], outputs: [gate] });
    b.op({
      op: 'MUL',
      version: 2,
      inputs: [x, gate],
      outputs: [output],
      options: { type: 'MulOptions', fields: { activation: 0 } },
    });
    const model = join(folder, 'gate.tflite');
    writeFileSync(model, writeTflite(b.model('', [output]).spec));
    const { code, out } = ptfe('compare', model, '--limit', '0', '--share', '0', '--python', python);
    expect(code, out).to.equal(0);
    expect(out).to.match(/#1 +MUL +NPU +100\.0000 %/);
  });

  /** Real models, a picture for each, and how many layers at least are compared. */
  for (const [name, picture, least] of [
    ['mobilenet_v2_1.0_224_quant', 'cat.bmp', 65],
    ['tf2_mobilenet_v2_1.0_224_ptq', 'cat.bmp', 67],
    ['efficientnet_lite0_int8', 'cat.bmp', 63],
    ['movenet_single_pose_lightning_ptq', 'squat.png', 112],
    ['deeplabv3_mnv2_dm05_pascal_quant', 'cat.bmp', 70],
    ['coco_ssd_mobilenet_v1_1.0_quant', 'person_crop.png', 63],
  ] as const) {
    it(`no layer of ${name} is off by more than 1 LSB`, function () {
      needShared(this, `models/${name}.tflite`);
      const model = sharedPath(`models/${name}.tflite`);
      const input = sharedPath(`models/samples/${picture}`);
      const { code, out, err } = ptfe('compare', model, input, '--python', python, '--json');
      expect(err).to.equal('');
      const { layers, values, differing, largest } = JSON.parse(out) as {
        readonly layers: readonly { readonly node: number; readonly op: string; readonly largest?: number }[];
        readonly values: number;
        readonly differing: number;
        readonly largest: number;
      };
      const compared = layers.filter((layer) => layer.largest !== undefined);
      console.log(
        `      ${compared.length} of ${layers.length} layers, ${differing} of ${values} values differ, by ${largest} at most`,
      );
      expect(compared.length, 'layers compared').to.be.at.least(least);
      for (const layer of compared) expect(layer.largest, `${layer.op} #${layer.node}`).to.be.at.most(1);
      expect(code, 'exit code').to.equal(0);
    });
  }

  it('bad input is one line and exit code 2', () => {
    const model = join(folder, 'conv.tflite');
    writeFileSync(model, goldenModels[0]?.bytes ?? '');
    for (const [args, text] of [
      [[model, '--python', '/nonexistent/python'], '/nonexistent/python'],
      [[model, '--python', '/bin/false'], 'Python says nothing'],
      [[model, join(folder, 'none.png')], 'there is no such file'],
      [[model, '--limit', 'many'], '--limit takes a number'],
      [[model, model, model, '--python', python], '2 inputs given, the model has 1'],
      [[], 'no model given'],
    ] as const) {
      const { code, out, err } = ptfe('compare', ...args);
      expect(code, err).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(/^ptfe[^\n]*\n$/);
      expect(err).to.include(text);
    }
  });
});
