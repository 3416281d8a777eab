import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { libraryFile } from '../../src/cli/installation.js';
import { facts } from '../../src/hardware/facts.js';
import { type FactResult, judgeFacts, judgeRung, type RungResult, type RunSoftware } from '../../src/selftest/judge.js';
import { factsOf, ladder, type Rung, silentFacts } from '../../src/selftest/ladder.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { ptfe } from '../host/cli.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

interface Archive {
  readonly rungs: readonly RungResult[];
  readonly facts: readonly FactResult[];
}

describe('selftest', () => {
  let folder = '';
  let addon: Addon;
  let rungs: readonly Rung[] = [];
  before(function () {
    const loaded = loadAddon();
    if (typeof loaded === 'string') return skip(this, loaded);
    addon = loaded;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-selftest-'));
    rungs = ladder([]);
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });
  const software: RunSoftware = ({ plan, inputs }, other) => addon.planRun(plan, inputs, { facts: other });
  const archive = (path: string): Archive => JSON.parse(gunzipSync(readFileSync(path)).toString()) as Archive;
  const example = join(repository, 'examples/digits_int8.tflite');

  it('the smallest comes first, then what rests on facts that nothing but silicon tells', () => {
    const single = rungs.slice(2, -5).map((rung) => silentFacts.some((fact) => factsOf(rung).has(fact)));
    expect(single).to.deep.equal(single.toSorted((a, b) => Number(b) - Number(a)));
    expect(single).to.include(true).and.include(false);
    expect(rungs[0]?.inputs.map(({ length }) => length)).to.deep.equal([16]);
  });

  it('against itself every rung is the same, and no fact is otherwise', function () {
    this.timeout(60_000);
    const results = rungs.map((rung) => judgeRung(rung, software, (one) => software(one, {})));
    expect(results.map(({ state }) => state)).to.satisfy((all: readonly string[]) =>
      all.every((one) => one === 'same'),
    );
    const states = new Set(judgeFacts(results).map(({ state }) => state));
    expect([...states]).to.have.members(['assumed', 'untold', 'untried']);
    for (const { name, state, readings } of judgeFacts(results))
      if (state === 'assumed') expect(readings, name).to.have.length(1);
  });

  it('a chip on which one fact is otherwise is told by that fact, for every fact and reading that shows at all', function () {
    this.timeout(120_000);
    let shown = 0;
    for (const { name, values } of facts) {
      const resting = rungs.slice(0, -5).filter((rung) => factsOf(rung).has(name));
      for (const value of values.slice(1)) {
        const results = resting.map((rung) => judgeRung(rung, software, (one) => software(one, { [name]: value })));
        const given = results.filter(({ state }) => state !== 'failed');
        if (!given.some(({ state }) => state === 'differs')) continue;
        shown++;
        const what = `${name}=${value}`;
        for (const { state, explainedBy } of given) if (state === 'differs') expect(explainedBy, what).to.include(what);
        const found = judgeFacts(given).find((fact) => fact.name === name);
        expect(found?.state, what).to.equal('other');
        expect(found?.readings, what).to.include(value);
      }
    }
    expect(shown).to.be.greaterThan(12);
  });

  it('values that no reading explains, values of another size, and a device that fails', () => {
    const rung = rungs[1];
    if (rung === undefined) throw new Error('no rung');
    const wrong = judgeRung(rung, software, (one) => software(one, {}).map((bytes) => bytes.map((b) => b ^ 0x55)));
    expect(wrong).to.deep.include({ state: 'differs', explainedBy: [] });
    expect(wrong.differing).to.equal(wrong.values);
    expect(judgeFacts([wrong]).find(({ name }) => name === 'mul_product_width')?.state).to.equal('unexplained');
    expect(judgeRung(rung, software, (one) => software(one, {}).map((bytes) => bytes.subarray(1))).state).to.equal(
      'differs',
    );
    expect(judgeRung(rung, software, () => []).state).to.equal('differs');
    const failed = judgeRung(rung, software, () => {
      throw new Error('the kernel driver dropped the job');
    });
    expect(failed).to.deep.include({ state: 'failed', text: 'the kernel driver dropped the job' });
    expect(judgeFacts([failed]).every(({ state }) => state === 'untried')).to.equal(true);
  });

  it('as a command: the ladder with a model, the archive, and nothing personal in it', function () {
    this.timeout(60_000);
    const to = join(folder, 'own.json.gz');
    const { code, out } = ptfe('selftest', example, '--device', 'software', '-o', to);
    expect(code, out).to.equal(0);
    expect(out).to.contain('model 0 (');
    const text = gunzipSync(readFileSync(to)).toString();
    for (const private_ of [repository, folder, example, 'digits', hostname(), `"${userInfo().username}"`])
      expect(text, private_).to.not.contain(private_);
    expect(archive(to).rungs).to.have.length(rungs.length + 1);
    const other = ptfe('selftest', '--device', 'software', '--facts', 'bs_shift_rounding=truncate', '-o', to);
    expect(other.code).to.equal(1);
    expect(other.out).to.contain('bs_shift_rounding: truncate, NOT half_away');
  });

  it('bad usage is one line', () => {
    const npu = addon.findNpu('').presence === 'ready';
    const cases = [
      [['--device', 'gpu'], 'only npu and software'],
      [['--facts', 'int8_lut=refused'], 'cannot be told'],
      [['--write', join(repository, 'package.json')], 'ENOTDIR'],
      [['--write', '/proc/none/ladder'], '/proc/none/ladder'],
      [['--device', 'software', '--facts', 'int8_lut'], 'name=value'],
      [['--device', 'software', '--facts', 'int8_lut=maybe'], 'has no value "maybe"'],
      [['--read', join(folder, 'none')], 'no such file'],
      [['--read', folder, '--write', folder], '--read takes'],
      ...(npu ? [] : [[[], 'ptfe doctor'] as const]),
    ] as const;
    for (const [args, text] of cases) {
      const { code, err } = ptfe('selftest', ...args);
      expect(code, args.join(' ')).to.equal(2);
      expect(err, args.join(' ')).to.match(/^ptfe[^\n]*\n$/);
      expect(err).to.contain(text);
    }
  });

  it('a folder that is damaged anywhere is one line', function () {
    this.timeout(60_000);
    const board = join(folder, 'damaged');
    const damages: readonly (readonly [string, string | null])[] = [
      ['000.plan', null],
      ['000.in0', null],
      ['000.in0', 'short'],
      ['000.plan', 'PTFEPLAN'],
      ['000.plan', ''],
      ['ladder.txt', ''],
      ['ladder.txt', 'x y z\n'],
      ['ladder.txt', '000 9999999999 1 many\n'],
    ];
    expect(ptfe('selftest', '--write', board).code).to.equal(0);
    for (const [name, contents] of damages) {
      const path = join(board, name);
      const good = readFileSync(path);
      if (contents === null) rmSync(path);
      else writeFileSync(path, contents);
      const { code, err } = ptfe('selftest', '--read', board, '-o', join(folder, 'damaged.gz'));
      expect(code, `${name} ${contents ?? 'gone'}: ${err}`).to.equal(2);
      expect(err)
        .to.match(/^ptfe[^\n]*\n$/)
        .and.not.contain('a bug in ptfe');
      writeFileSync(path, good);
    }
  });

  it('without Node on the board: written, run by a C program, read back', function () {
    this.timeout(60_000);
    if (process.env['PTFE_LIBRARY'] !== undefined) return skip(this, "tool: a sanitizer's library needs its runtime");
    const program = join(folder, 'run_ladder');
    const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', `-I${join(repository, 'delegate/include')}`];
    const source = join(repository, 'examples/run_ladder.c');
    const args = [...flags, source, libraryFile, `-Wl,-rpath,${dirname(libraryFile)}`, '-o', program];
    const built = spawnSync(process.env['CC'] ?? 'cc', args, { encoding: 'utf8' });
    expect(built.status, built.stderr).to.equal(0);
    const board = join(folder, 'board');
    const to = join(folder, 'board.json.gz');
    const run = (device: string) => spawnSync(program, [board, device], { encoding: 'utf8', env: {} });
    const read = () => ptfe('selftest', '--read', board, '-o', to);
    expect(ptfe('selftest', '--write', board).code).to.equal(0);
    expect(read().code).to.equal(1);
    expect(archive(to).rungs.every(({ text }) => text === 'it was not run')).to.equal(true);

    const good = run('software');
    expect(good.stdout).to.contain(`${rungs.length} of ${rungs.length} rungs`);
    expect(good.status).to.equal(0);
    expect(read().code).to.equal(0);

    const bytes = readFileSync(join(board, '004.got0'));
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    writeFileSync(join(board, '004.got0'), bytes);
    expect(read().code).to.equal(1);
    expect(archive(to).rungs[4]).to.deep.include({ state: 'differs', differing: 1 });

    if (addon.findNpu('').presence !== 'ready') {
      const none = run('npu');
      expect(none.status).to.equal(1);
      expect(none.stdout).to.contain('no Rockchip NPU on this machine');
      expect(readdirSync(board).some((name) => name.includes('.got'))).to.equal(false);
      expect(read().code).to.equal(1);
      expect(archive(to).rungs.every(({ state }) => state === 'failed')).to.equal(true);
    }
    expect(run('gpu').stdout).to.contain('device "gpu"');
    appendFileSync(join(board, 'ladder.txt'), '999 1 1 nothing\n');
    expect(run('software').status).to.equal(1);
    expect(run('software').stdout).to.contain('its plan cannot be read');
    expect(spawnSync(program, [join(folder, 'none'), 'npu']).status).to.equal(2);
  });
});
