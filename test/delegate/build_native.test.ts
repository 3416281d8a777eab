import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

/** `npm run build:native` in a copy of the tree whose Node came without headers, and without any npm package. */
describe('build of libptfe.so without the headers of Node', function () {
  this.timeout(200_000);
  let folder = '';
  const build = (variables: Readonly<Record<string, string>> = {}) =>
    spawnSync(join(folder, 'node/bin/node'), [join(folder, 'tree/scripts/build-native.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, ...variables },
    });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ptfe-build-'));
    mkdirSync(join(folder, 'node/bin'), { recursive: true });
    mkdirSync(join(folder, 'tree'));
    const node = join(folder, 'node/bin/node');
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node); // another file system
    }
    cpSync(join(repository, 'scripts'), join(folder, 'tree/scripts'), { recursive: true });
    for (const name of ['delegate', 'binding.gyp', 'package.json']) {
      symlinkSync(join(repository, name), join(folder, 'tree', name));
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('needs a C compiler alone, and says in a line what is missing', function () {
    if (spawnSync(process.env['CC'] ?? 'cc', ['--version']).status !== 0) return skip(this, 'tool: no C compiler');
    const { status, stdout, stderr } = build();
    expect(status, stderr).to.equal(0);
    expect(stdout.trim().split('\n')).to.have.length(1);
    expect(stdout).to.contain(`not ptfe_addon.node`).and.contain(`no include/node/node_api.h in ${folder}/node `);
    const library = koffi.load(join(folder, 'tree/build/Release/libptfe.so'));
    expect(library.func('const char *ptfe_version()')()).to.match(/^\d+\.\d+\.\d+$/);
    expect(existsSync(join(folder, 'tree/build/Release/ptfe_addon.node'))).to.equal(false);
  });

  it('fails with a line where there is no compiler either', () => {
    const { status, stderr } = build({ CC: 'no-such-compiler' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/it needs a C compiler \(no-such-compiler\)\n$/);
  });
});
