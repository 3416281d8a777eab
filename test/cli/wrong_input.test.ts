import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompileOptions, compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { goldenModels } from '../golden/models.js';
import { ptfe } from '../host/cli.js';
import { seededRandom } from '../host/random.js';

const golden = goldenModels.find(({ name }) => name === 'conv_add')?.bytes ?? new Uint8Array();

describe('commands: whatever is handed over', () => {
  let folder = '';
  const file = (name: string, bytes: Uint8Array | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ptfe-wrong-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A word of the whole usage of ptfe, or something that is none. */
  const words = (): readonly string[] => {
    const good = file('good.tflite', golden);
    const plan = join(folder, 'good.plan');
    ptfe('compile', good, '-o', plan);
    mkdirSync(join(folder, 'folder'), { recursive: true });
    const files = [
      good,
      plan,
      file('empty', ''),
      file('cut.tflite', golden.subarray(0, golden.length >> 1)),
      file('head.tflite', golden.subarray(0, 9)),
      file('cut.plan', readFileSync(plan).subarray(0, 200)),
      file('text.json', '{"submits": 3}'),
      file('gzip.json.gz', Uint8Array.of(0x1f, 0x8b, 8, 0, 0)),
      join(folder, 'none'),
      join(folder, 'none/there'),
      join(good, 'inside'),
      join(folder, 'folder'),
    ];
    const options = [
      '--json',
      '--all',
      '--trust',
      '--parts',
      '--precision',
      '--chip',
      '--task',
      '-o',
      '--model',
      '--patch',
    ];
    const values = [
      'seen',
      'all',
      'best',
      'rk3588',
      'rk3576',
      '0',
      '-1',
      '99999999999999999999',
      '0..1',
      '1..0',
      '',
      '-',
      'x',
      '\0',
    ];
    return [...files, ...options, ...values, 'run', 'patches', 'facts', 'registers', '--nothing', '-z', '--'];
  };

  it('a command ends with 0, 1, or 2 and one line that says what was wrong', function () {
    this.timeout(120_000);
    const all = words();
    const random = seededRandom(11);
    const commands = [
      'compile',
      'check',
      'compare',
      'cut',
      'disasm',
      'stream',
      'npu',
      'doctor',
      'nothing',
      '',
    ] as const;
    const back = process.cwd();
    process.chdir(folder);
    try {
      for (let i = 0; i < 1500; i++) {
        const command = random.pick(commands);
        // compare and doctor start other programs: with wrong words only.
        const some = command === 'compare' || command === 'doctor' ? all.filter((word) => word !== all[0]) : all;
        const args = Array.from({ length: random.integer(0, 4) }, () => some[random.integer(0, some.length - 1)] ?? '');
        if (command === 'doctor' && args.every((word) => word === '--json' || word === '--')) continue;
        const { code, err } = ptfe(command, ...args);
        const what = JSON.stringify([command, ...args]);
        expect([0, 1, 2], what).to.include(code);
        expect(err, what).to.not.contain('a bug in ptfe');
        if (code === 2 && !what.includes('[""')) expect(err, what).to.match(/^ptfe[^\n]*\n$/);
      }
    } finally {
      process.chdir(back);
    }
  });

  it('an option of the API that does not exist is an error with the values that do', () => {
    const cases = [
      [{ trust: 'maybe' }, 'option trust: "maybe" is none of inferred, seen'],
      [{ trust: 'seen', parts: 'some' }, 'none of worthwhile, all'],
      [{ trust: 'seen', chip: 'rk3588' }, 'option chip: it lacks something that a chip says of itself'],
      [{ trust: 'seen', precision: 1 }, 'option precision: 1 is none of fastest, fast, best'],
      [{ trust: 'seen', presicion: 'best' }, 'option presicion: it does not exist'],
    ] as const;
    for (const [options, text] of cases)
      expect(() => compileTflite(golden, options as unknown as CompileOptions)).to.throw(PtfeError, text);
    expect(() => compileTflite('model.tflite' as unknown as Uint8Array)).to.throw(PtfeError, 'no Uint8Array');
  });
});
