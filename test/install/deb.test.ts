import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { debMachines, type DebTarget, makeDeb } from '../../scripts/package/deb.mjs';
import { run, version } from '../../scripts/package/packaging.mjs';
import { anyPythonEnvironment } from '../host/python.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { filesBelow, orLack, ownTarget, runThere, withPathsOfHere } from './artefact.js';

/** `npm run deb`: installed by dpkg into a root of its own, whose maintainer scripts keep to it. */
const teflon = '/usr/lib/teflon/libteflon.so';

describe('Debian package', function () {
  this.timeout(300_000);
  const machine = debMachines[ownTarget() as DebTarget];
  const library = `/usr/lib/${machine.triplet}/libptfe.so`;
  let folder = '';
  let deb = '';
  /** As Mesa's package lays it out. */
  let mesa = '';

  const newRoot = (): string => {
    const root = mkdtempSync(join(folder, 'root-'));
    for (const path of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/log', 'etc'])
      mkdirSync(join(root, path), { recursive: true });
    // What the package depends on counts as installed.
    const libc = ['Package: libc6', 'Status: install ok installed', `Architecture: ${machine.architecture}`];
    const fields = [...libc, 'Version: 2.28-1', 'Maintainer: nobody <nobody@localhost>', 'Description: none'];
    writeFileSync(join(root, 'var/lib/dpkg/status'), `${fields.join('\n')}\n`);
    return root;
  };
  const dpkg = (root: string, ...args: readonly string[]): void => {
    const flags = ['--force-script-chrootless', '--force-not-root'];
    const { status, stderr } = spawnSync('dpkg', [`--root=${root}`, ...flags, ...args], { encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
  };
  /** Where a path leads inside of the root; links there are absolute. */
  const target = (root: string, path: string): string =>
    lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true
      ? target(root, readlinkSync(join(root, path)))
      : path;

  before(function () {
    const built = orLack(() => makeDeb(ownTarget() as DebTarget));
    if ('why' in built) return skip(this, built.why);
    if (spawnSync('dpkg', ['--version']).status !== 0) return skip(this, 'tool: no dpkg');
    deb = built.made;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-deb-'));
    const laid = join(folder, 'mesa');
    mkdirSync(join(laid, 'DEBIAN'), { recursive: true });
    mkdirSync(join(laid, dirname(teflon)), { recursive: true });
    writeFileSync(join(laid, teflon), "Mesa's");
    const fields = ['Package: mesa-teflon-delegate', 'Version: 1', `Architecture: ${machine.architecture}`];
    writeFileSync(
      join(laid, 'DEBIAN/control'),
      `${[...fields, 'Maintainer: nobody <nobody@localhost>', 'Description: a file in the same place'].join('\n')}\n`,
    );
    mesa = join(folder, 'mesa.deb');
    run('dpkg-deb', ['--root-owner-group', '--build', laid, mesa]);
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  it('says what it is and needs, and equal files make equal packages', () => {
    const field = (name: string): string => run('dpkg-deb', ['--field', deb, name]).trim();
    expect([field('Package'), field('Version'), field('Architecture')]).to.deep.equal([
      'ptfe',
      version,
      machine.architecture,
    ]);
    expect([field('Depends'), field('Recommends')]).to.deep.equal(['libc6 (>= 2.28)', 'nodejs (>= 20.19)']);
    const first = readFileSync(deb);
    expect(readFileSync(makeDeb(ownTarget() as DebTarget)).equals(first)).to.equal(true);
  });

  describe('installed', () => {
    let root = '';
    before(() => {
      root = newRoot();
      dpkg(root, '--install', deb);
    });

    it('has library, tools and rule in their places, whole, and no path of this machine', () => {
      expect(filesBelow(join(root, 'usr'))).to.include.members([
        ...[`lib/${machine.triplet}/libptfe.so`, `lib/${machine.triplet}/ptfe/ptfe_addon.node`, 'bin/ptfe'],
        ...['share/ptfe/engine.mjs', 'share/ptfe/cli.mjs', 'lib/udev/rules.d/60-ptfe.rules', 'include/ptfe.h'],
        ...['share/doc/ptfe/copyright', 'share/doc/ptfe/changelog.gz'],
        `lib/${machine.triplet}/ptfe/litert/libLiteRtDispatch_Rockchip.so`,
      ]);
      dpkg(root, '--verify', 'ptfe');
      const dispatch = `usr/lib/${machine.triplet}/ptfe/litert/libLiteRtDispatch_Rockchip.so`;
      expect(realpathSync(join(root, dispatch))).to.equal(realpathSync(join(root, library)));
      for (const part of [`lib/${machine.triplet}`, 'share'])
        expect(withPathsOfHere(join(root, 'usr', part))).to.deep.equal([]);
      expect(readFileSync(join(root, 'usr/lib/udev/rules.d/60-ptfe.rules'), 'utf8')).to.match(
        /^SUBSYSTEM=="accel", .*GROUP="render", MODE="0660"/m,
      );
    });

    it('runs: the tools, and a model through the library, which finds its compiler', function () {
      const doctor = runThere(folder, process.execPath, [join(root, 'usr/bin/ptfe'), 'doctor', '--json']);
      expect(doctor.status, doctor.err).to.equal(0);
      const { findings } = JSON.parse(doctor.out) as {
        readonly findings: readonly { readonly what: string; readonly state: string; readonly text: string }[];
      };
      for (const what of ['library', 'engine', 'addon', 'software NPU'])
        expect(findings.find((finding) => finding.what === what)?.state, what).to.equal('ok');
      const environment = anyPythonEnvironment();
      if (!environment.available) return skip(this, environment.reason);
      const program = [
        'import sys',
        `from ${environment.runtime}.interpreter import Interpreter, load_delegate`,
        'options = {"verbose": "1", "device": "software", "cache": "off"}',
        'interpreter = Interpreter(sys.argv[1], experimental_delegates=[load_delegate(sys.argv[2], options)])',
        'interpreter.allocate_tensors()',
        'interpreter.invoke()',
      ].join('\n');
      const model = join(repository, 'examples/digits_int8.tflite');
      const done = runThere(folder, environment.python, ['-c', program, model, join(root, target(root, teflon))]);
      expect(done.status, done.err).to.equal(0);
      expect(`${done.out}${done.err}`).to.match(/ptfe: \d+ of \d+ nodes on the NPU/);
      expect(realpathSync(join(root, library))).to.equal(realpathSync(join(root, target(root, teflon))));
    });
  });

  for (const order of [
    ['ptfe', 'mesa'],
    ['mesa', 'ptfe'],
  ] as const) {
    it(`stands for Teflon beside Mesa's, ${order.join(' first, then ')}, and leaves Mesa's as it was`, () => {
      const root = newRoot();
      for (const name of order) dpkg(root, '--install', name === 'mesa' ? mesa : deb);
      expect(target(root, teflon)).to.equal(library);
      const choose = (path: string): string =>
        run('update-alternatives', ['--root', root, '--quiet', '--set', 'libteflon.so', path]);
      choose('/usr/lib/teflon/libteflon.mesa.so');
      expect(readFileSync(join(root, target(root, teflon)), 'utf8')).to.equal("Mesa's");
      choose(library);
      dpkg(root, '--install', deb); // an upgrade to itself keeps the choice
      expect(target(root, teflon)).to.equal(library);
      dpkg(root, '--purge', 'ptfe');
      expect(lstatSync(join(root, teflon)).isFile()).to.equal(true);
      expect(readFileSync(join(root, teflon), 'utf8')).to.equal("Mesa's");
      dpkg(root, '--purge', 'mesa-teflon-delegate');
      expect(existsSync(join(root, 'usr/lib/teflon'))).to.equal(false);
      expect(existsSync(join(root, 'usr/share/ptfe'))).to.equal(false);
    });
  }

  it("is the choice that is left when Mesa's package goes", () => {
    const root = newRoot();
    dpkg(root, '--install', mesa, deb);
    dpkg(root, '--purge', 'mesa-teflon-delegate');
    expect(target(root, teflon)).to.equal(library);
    expect(run('update-alternatives', ['--root', root, '--list', 'libteflon.so']).trim()).to.equal(library);
    dpkg(root, '--purge', 'ptfe');
    expect(existsSync(join(root, 'usr'))).to.equal(false);
  });
});
