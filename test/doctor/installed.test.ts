import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineFile, libraryFile } from '../../src/cli/installation.js';
import { cacheFinding, libraryFinding, nodeFinding, tryAddon, tryEngine } from '../../src/doctor/installed.js';
import { trialFinding } from '../../src/doctor/trial.js';
import { variableFindings } from '../../src/doctor/variables.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { demandFresh } from '../host/fresh.js';

describe('doctor: what is installed', () => {
  let folder = '';
  before(() => {
    demandFresh('engine', 'delegate');
    folder = mkdtempSync(join(tmpdir(), 'ptfe-doctor-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, contents: string | Uint8Array, mode = 0o644): string => {
    const path = join(folder, name);
    writeFileSync(path, contents);
    chmodSync(path, mode);
    return path;
  };
  const addonOf = (): Addon => {
    const addon = loadAddon();
    if (typeof addon === 'string') throw new Error(addon);
    return addon;
  };

  it('a library is loaded, with all that it needs', function () {
    this.timeout(60_000);
    expect(libraryFinding(libraryFile)).to.deep.include({ what: 'library', state: 'ok' });
    const bytes = readFileSync(libraryFile);
    const foreign = Uint8Array.from(bytes);
    foreign[18] = 8; // MIPS
    const source = file('broken.c', 'void nobody_has_it(void); void f(void) { nobody_has_it(); }\n');
    const broken = join(folder, 'broken.so');
    const built = spawnSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', source, '-o', broken]).status === 0;
    const wrong: readonly (readonly [string, string])[] = [
      [join(folder, 'none.so'), 'is not there'],
      [file('empty.so', ''), 'file too short'],
      [
        file('text.so', 'no library at all, but a text that is long enough to look like one'.repeat(9)),
        'invalid ELF header',
      ],
      [file('cut.so', bytes.subarray(0, 5000)), ''],
      [file('foreign.so', foreign), 'cannot open shared object file'],
      ...(built ? [[broken, 'nobody_has_it'] as const] : []),
    ];
    for (const [path, text] of wrong) {
      const found = libraryFinding(path);
      expect(found.state, path).to.equal('failed');
      expect(found.text, path).to.contain(text);
      expect(found.cure, path).to.contain('npm run build:native');
    }
  });

  it('the engine is started: what it says instead of a plan is told', function () {
    this.timeout(60_000);
    const good = tryEngine(engineFile, {});
    expect(good.finding).to.deep.include({ what: 'engine', state: 'ok' });
    expect(good.plan).to.be.instanceOf(Uint8Array);
    const error =
      'const b = Buffer.alloc(19); b.writeUInt32LE(0x52465450); b.writeUInt32LE(255, 4); b.writeUInt32LE(3, 8);';
    const wrong = [
      [join(folder, 'none.mjs'), 'is not there'],
      [file('throws.mjs', "throw new Error('out of luck')"), ''],
      [file('quiet.mjs', ''), 'it ended with 0 and without a plan'],
      [file('babbles.mjs', "console.log('hello, I am another program')"), 'none of the engine'],
      [file('cut.mjs', "process.stdout.write('PTFR')"), 'none of the engine'],
      [file('errs.mjs', `${error} b.write('why', 16); process.stdout.write(b);`), 'why'],
    ] as const;
    for (const [path, text] of wrong) {
      const { finding, plan } = tryEngine(engineFile, { PTFE_ENGINE: path });
      expect(finding, path).to.deep.include({ what: 'engine', state: 'failed' });
      expect(finding.text, path).to.contain(text);
      expect(finding.cure, path).to.be.a('string');
      expect(plan, path).to.equal(null);
    }
  });

  it('the Node that the delegate would start', function () {
    this.timeout(30_000);
    expect(nodeFinding({ PTFE_NODE: process.execPath }).state).to.equal('ok');
    const old = file('old', '#!/bin/sh\necho 18.20.1 /usr/bin/old\n', 0o755);
    expect(nodeFinding({ PTFE_NODE: old })).to.deep.include({
      state: 'failed',
      text: '18.20.1, /usr/bin/old: older than 20.19',
    });
    expect(nodeFinding({ PTFE_NODE: join(folder, 'none') })).to.deep.include({ state: 'failed' });
  });

  it('one op on a device: right values, wrong ones, a device that fails, and what keeps it from being tried', () => {
    const addon = addonOf();
    const { plan } = tryEngine(engineFile, {});
    expect(trialFinding('software NPU', addon, plan, 'software')).to.deep.include({ state: 'ok' });
    const withOneOff = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === 9 ? b ^ 1 : b));
    const off: Addon = { ...addon, planRun: (bytes, inputs) => addon.planRun(bytes, inputs).map(withOneOff) };
    const wrong = trialFinding('NPU', off, plan, 'npu');
    expect(wrong).to.deep.include({ state: 'failed', text: '1 of 256 values of a 1x1 convolution are wrong' });
    const empty: Addon = { ...addon, planRun: () => [] };
    expect(trialFinding('NPU', empty, plan, 'npu').text).to.contain('256 of 256');
    const dead: Addon = {
      ...addon,
      planRun: () => {
        throw new Error('the kernel driver dropped the job');
      },
    };
    expect(trialFinding('NPU', dead, plan, 'npu')).to.deep.include({
      state: 'failed',
      text: 'the kernel driver dropped the job',
    });
    expect(trialFinding('NPU', null, plan, 'npu').state).to.equal('absent');
    expect(trialFinding('NPU', addon, null, 'npu').state).to.equal('absent');
  });

  it('the addon runs plans on the NPU where there is one, and says so where there is none', () => {
    const addon = addonOf();
    const { plan } = tryEngine(engineFile, {});
    const found = trialFinding('NPU', addon, plan, 'npu');
    if (addon.findNpu('').presence === 'ready') expect(found.state).to.equal('ok');
    else
      expect(found).to.deep.include({
        state: 'failed',
        text: addon.findNpu('').text || 'no Rockchip NPU on this machine',
      });
    expect(() => addon.planRun(plan ?? new Uint8Array(), [], { device: 'gpu' as 'npu' })).to.throw(
      "'software' or 'npu'",
    );
    expect(() => addon.findNpu(1 as unknown as string)).to.throw('must be a string');
    expect(() => addon.checkOption('timeout', 'x'.repeat(5000))).to.throw('short strings');
  });

  it('an addon that is not there is a line', () => {
    const { finding, addon } = tryAddon(() => {
      throw new Error('it is not built\nat some place');
    });
    expect(addon).to.equal(null);
    expect(finding).to.deep.include({ state: 'absent', cure: 'npm run build:native' });
    expect(finding.text).to.match(/^it is not built: /);
  });

  it('a cache folder that the delegate would not use', () => {
    const make = (name: string, mode: number): string => {
      const path = join(folder, name);
      mkdirSync(path);
      chmodSync(path, mode);
      return path;
    };
    const good = make('good', 0o700);
    copyFileSync(engineFile, join(good, 'entry'));
    expect(cacheFinding({ PTFE_CACHE: good })).to.deep.include({ state: 'ok' });
    const cases = [
      [make('open', 0o777), 'others can write'],
      [file('a_file', ''), 'is no folder'],
      [join(folder, 'none'), 'not made yet'],
      ['off', 'every start compiles'],
    ] as const;
    for (const [path, text] of cases) expect(cacheFinding({ PTFE_CACHE: path }).text, path).to.contain(text);
    expect(cacheFinding({ XDG_CACHE_HOME: folder }).text).to.contain(join(folder, 'ptfe'));
  });

  it("every PTFE_* variable is held to the delegate's own rules", () => {
    const npu = addonOf().findNpu('');
    const cases = [
      ['PTFE_DEVICE', 'gpu', 'failed'],
      ['PTFE_DEVICE', 'software', 'ok'],
      ['PTFE_CHIP', 'rk3576', 'failed'],
      ['PTFE_TIMEOUT', '0', 'failed'],
      ['PTFE_TIMEOUT', '12', 'ok'],
      ['PTFE_MEMORY', '1e3', 'failed'],
      ['PTFE_VERBOSE', 'yes', 'failed'],
      ['PTFE_TRUST', 'seen', 'ok'],
      ['PTFE_PARTS', 'some', 'failed'],
      ['PTFE_PRECISION', 'good', 'failed'],
      ['PTFE_FACTS', 'int8_lut=refused', 'ok'],
      ['PTFE_FACTS', 'int8_lut=maybe', 'failed'],
      ['PTFE_CACHE', '~', 'failed'],
      ['PTFE_PLAN', join(folder, 'no.plan'), 'failed'],
      ['PTFE_PLAN', file('bad.plan', 'PTFEPLNS'), 'failed'],
      ['PTFE_DEVCE', 'npu', 'failed'],
    ] as const;
    for (const [name, value, state] of cases) {
      const found = variableFindings({ [name]: value, HOME: '/', PTFE_PYTHON: 'python3' }, npu);
      expect(found, `${name}=${value}`).to.have.length(1);
      expect(found[0], `${name}=${value}`).to.deep.include({ what: name, state });
    }
    expect(variableFindings({ PTFE_DEVICE: '' }, npu)).to.deep.equal([]);
    const forced = variableFindings({ PTFE_DEVICE: 'npu' }, { ...npu, presence: 'absent', text: '' });
    expect(forced[0]).to.deep.include({ state: 'failed' });
    expect(variableFindings({ PTFE_DEVICE: 'npu' }, { ...npu, presence: 'ready' })[0]?.state).to.equal('ok');
  });
});
