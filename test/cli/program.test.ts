import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegateOptions } from '../../src/wire/delegate_options.js';
import type { Finding } from '../../src/doctor/finding.js';
import { goldenModels } from '../golden/models.js';
import { type Answer, expectRefused, ptfe } from '../host/cli.js';
import { repository } from '../host/repository.js';

/** What of the commands starts processes. */
describe('commands: with other programs', () => {
  let folder = '';
  let model = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ptfe-program-'));
    model = join(folder, 'conv.tflite');
    writeFileSync(model, goldenModels.find(({ name }) => name === 'conv_clamp')?.bytes ?? new Uint8Array());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('doctor examines what is here, as text and as JSON', () => {
    const { code, out } = ptfe('doctor', '--json');
    expect(code).to.be.oneOf([0, 1]);
    const { findings, options, works } = JSON.parse(out) as Readonly<Record<string, unknown>>;
    const lines = findings as readonly Finding[];
    expect(works).to.equal(lines.every(({ state }) => state !== 'failed'));
    expect(code).to.equal(works === true ? 0 : 1);
    const whats = lines.map(({ what }) => what);
    const own = [
      'Node',
      'Python',
      'library',
      'engine',
      'addon',
      'software NPU',
      'kernel',
      'chip',
      'device=auto',
      'cache',
    ];
    expect(whats).to.include.members(own);
    expect(options).to.have.length(delegateOptions.length);
    const text = ptfe('doctor').out;
    for (const { what, state, cure } of lines) {
      expect(text).to.match(new RegExp(`^ +${what} +${state} `, 'm'));
      if (cure !== null) expect(text).to.contain(`-> ${cure}`);
    }
  });

  it('as a program: exit codes, streams, and a reader that leaves early', () => {
    const run = (...args: readonly string[]): Answer => {
      const node = ['--import', 'tsx', 'src/cli.ts', ...args];
      const done = spawnSync(process.execPath, node, { cwd: repository, encoding: 'utf8' });
      return { code: done.status ?? -1, out: done.stdout, err: done.stderr };
    };
    expectRefused(run('disasm', join(folder, 'none')), 'there is no such file');
    expect(run('check', model)).to.deep.include({ code: 0, err: '' });
    const piped = `${process.execPath} --import tsx src/cli.ts npu registers | head -n 1`;
    const early = spawnSync('bash', ['-c', piped], { cwd: repository, encoding: 'utf8' });
    expect([early.stdout, early.stderr]).to.deep.equal(['PC.VERSION 0x0000 (driver)\n', '']);
  });
});
