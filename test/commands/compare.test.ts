import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSubcommand } from '../../src/commands/index.js';
import { goldenModels } from '../golden/models.js';
import { loadAddon } from '../host/addon.js';
import { pythonEnvironment, repository } from '../host/python.js';

const ptfe = (...argv: readonly string[]) => {
  let [out, err] = ['', ''];
  const code = runSubcommand(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
};

describe('ptfe compare', function () {
  this.timeout(60_000);
  let folder = '';
  let python = '';
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    const addon = loadAddon();
    if (!environment.available || typeof addon === 'string') {
      console.log(`    skipped: ${environment.available ? String(addon) : environment.reason}`);
      return this.skip();
    }
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
