import { expect } from 'chai';
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packNpm, prepareNpm } from '../../scripts/package/npm.mjs';
import { version } from '../../scripts/package/packaging.mjs';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { filesBelow, orLack, ownTarget, runThere, type Said, withPathsOfHere } from './artefact.js';

/** `npm pack`: installed into an empty project without a registry, and used there. */
describe('npm package', function () {
  this.timeout(300_000);
  const model = join(repository, 'examples/digits_int8.tflite');
  let folder = '';
  let installed = '';
  const node = (...args: readonly string[]): Said => runThere(folder, process.execPath, args);
  before(function () {
    const prepared = orLack(() => prepareNpm([ownTarget()]));
    if ('why' in prepared) return skip(this, prepared.why);
    folder = mkdtempSync(join(tmpdir(), 'ptfe-npm-'));
    const packed = packNpm(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    // Nothing is asked of a registry: the package depends on none.
    const done = runThere(folder, 'npm', ['install', '--offline', '--no-audit', '--no-fund', packed]);
    expect(done.status, done.err).to.equal(0);
    installed = join(folder, 'node_modules/ptfe');
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  it('runs no script at its installation, and brings nothing else', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    expect(Object.keys(lock.packages)).to.deep.equal(['', 'node_modules/ptfe']);
    expect(lock.packages['node_modules/ptfe']).to.not.have.any.keys('hasInstallScript', 'os', 'cpu');
  });

  it('holds what it says, no source, and no path of this machine', () => {
    const files = filesBelow(installed);
    const native = `prebuilds/${ownTarget()}`;
    expect(files).to.include.members([
      ...['engine', 'cli', 'index'].map((name) => `dist/${name}.mjs`),
      ...['worker.mjs', 'browser/index.mjs', 'browser/worker.mjs', 'ptfe.wasm'].map((name) => `dist/${name}`),
      ...['dist/types/index.d.ts', 'dist/wasm.cjs', 'dist/ptfe_addon.wasm'],
      ...[`${native}/libptfe.so`, `${native}/ptfe_addon.node`],
      ...['THIRD_PARTY_NOTICES', 'LICENSE', 'README.md', 'CHANGELOG.md', 'delegate/include/ptfe.h'],
    ]);
    expect(files.filter((name) => /^(src|test|scripts|build|node_modules)\//.test(name))).to.deep.equal([]);
    expect(withPathsOfHere(installed)).to.deep.equal([]);
    // The page, its worker, and what they share: nothing of a build before.
    expect(files.filter((name) => name.startsWith('dist/browser/'))).to.have.length(3);
  });

  it('is a library with types', () => {
    const program = [
      "import { readFileSync } from 'node:fs';",
      "import { compileTflite, PtfeError } from 'ptfe';",
      'const model = new Uint8Array(readFileSync(process.argv[2]));',
      'console.log(compileTflite(model).parts.length);',
      'try { compileTflite(new Uint8Array(3)); } catch (error) { console.log(error instanceof PtfeError, error.code); }',
    ];
    writeFileSync(join(folder, 'use.mjs'), program.join('\n'));
    const used = node('use.mjs', model);
    expect([used.status, used.err]).to.deep.equal([0, '']);
    expect(used.out).to.match(/^\d+\ntrue bad-model\n$/);
    const typed = [
      "import { type CompiledModel, compileTflite } from 'ptfe';",
      'const compiled: CompiledModel = compileTflite(new Uint8Array());',
      'export const plan: Uint8Array | undefined = compiled.parts[0]?.plan;',
      '// @ts-expect-error a model is bytes',
      'compileTflite(3);',
    ];
    writeFileSync(join(folder, 'use.mts'), typed.join('\n'));
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    // As bundlers resolve it, `npm run lint:package` looks.
    const shared = { noEmit: true, strict: true, skipDefaultLibCheck: true, types: [] };
    const compilerOptions = { ...shared, target: 'es2022', lib: ['es2023', 'dom'], module: 'nodenext' };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
    expect(node(tsc).out).to.equal('');
  });

  interface Doctor {
    readonly findings: readonly { readonly what: string; readonly state: string; readonly text: string }[];
  }
  const doctor = (program: string): Doctor['findings'] =>
    (JSON.parse(node(program, 'doctor', '--json').out) as Doctor).findings;

  it('has the program, with library and addon of this machine', () => {
    const said = runThere(folder, 'npx', ['--offline', 'ptfe', '--version']);
    expect([said.status, said.out]).to.deep.equal([0, `ptfe ${version}\n`]);
    const findings = doctor(join(installed, 'dist/cli.mjs'));
    for (const what of ['library', 'engine', 'addon', 'software NPU'])
      expect(findings.find((finding) => finding.what === what)?.state, what).to.equal('ok');
    const library = join(installed, `prebuilds/${ownTarget()}/libptfe.so`);
    expect(findings.find(({ what }) => what === 'library')?.text).to.equal(`${library}: loads`);
  });

  /** Opens the digits network up to its SOFTMAX; what computes, and its outputs. */
  const running = [
    "import { readFileSync } from 'node:fs';",
    'const { Model, CpuNodesError } = await import(process.argv[2]);',
    'const bytes = new Uint8Array(readFileSync(process.argv[3]));',
    'const refused = await Model.open(bytes).catch((error) => error);',
    "if (!(refused instanceof CpuNodesError)) throw new Error('not refused');",
    'const model = await Model.open(bytes, { outputs: refused.before, device: process.argv[4] });',
    'const pixels = Int8Array.from({ length: model.inputs[0].length }, (_, i) => ((i * 37) % 256) - 128);',
    'const [values] = await model.run([pixels]);',
    "console.log(model.device, values.join(' '));",
    'model.close();',
  ].join('\n');
  const runModel = (from: string, device: string): readonly string[] => {
    writeFileSync(join(folder, 'run.mjs'), running);
    const { status, out, err } = node('run.mjs', from, model, device);
    expect([status, err]).to.deep.equal([0, '']);
    const [computing = '', ...values] = out.trim().split(' ');
    return [computing, values.join(' ')];
  };

  it('runs a model in Node, by the addon and by WebAssembly', () => {
    const [software, values = ''] = runModel('ptfe', 'software');
    expect(software).to.equal('software');
    expect(values.split(' ')).to.have.length(10);
    expect(new Set(values.split(' ')).size).to.be.above(3);
    expect(runModel('ptfe', 'wasm')).to.deep.equal(['wasm', values]);
  });

  it('is for bundlers and browsers, without a module of Node', async () => {
    const entry = join(folder, 'page.mjs');
    writeFileSync(entry, "import { Model } from 'ptfe';\nconsole.log(Model);\n");
    const { metafile } = await build({
      ...{ entryPoints: [entry], bundle: true, write: false, metafile: true, logLevel: 'silent' },
      ...{ platform: 'browser', format: 'esm', outdir: folder, absWorkingDir: folder },
    });
    expect(Object.keys(metafile.inputs)).to.include('node_modules/ptfe/dist/browser/index.mjs');
  });

  it('takes WebAssembly on a machine that it has no addon for, with the same answers', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    cpSync(join(installed, 'dist'), join(elsewhere, 'dist'), { recursive: true });
    const findings = doctor(join(elsewhere, 'dist/cli.mjs'));
    expect(findings.find(({ what }) => what === 'software NPU')?.text).to.match(/256 values are right/);
    expect(existsSync(join(elsewhere, 'prebuilds'))).to.equal(false);
    const [computing, values] = runModel(pathToFileURL(join(elsewhere, 'dist/index.mjs')).href, 'auto');
    expect([computing, values]).to.deep.equal(['wasm', runModel('ptfe', 'software')[1]]);
  });
});
