import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Build, builds, staleReason } from '../../scripts/stale.mjs';

const names: readonly Build[] = ['engine', 'delegate'];

describe('stale builds', () => {
  let root = '';
  const write = (path: string, seconds: number): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), seconds, seconds);
  };
  /** A tree in which everything is older than what is built of it. */
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ptfe-stale-'));
    for (const path of ['src/ops/add.ts', 'delegate/abi/plugin.c', 'delegate/npu/npu.h', 'package.json', 'binding.gyp'])
      write(path, 1000);
    // Whatever a build names: a file, or a folder with something in it.
    for (const source of names.flatMap((name) => builds[name].sources))
      write(source.includes('.') ? source : `${source}/one`, 1000);
    for (const name of names) write(builds[name].output, 2000);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are none where all sources are older', () => {
    for (const name of names) expect(staleReason(root, name)).to.equal(null);
  });

  it('are told in one line with the command, for an edit of any source', () => {
    const edits: readonly (readonly [string, readonly Build[]])[] = [
      ['src/ops/add.ts', ['engine']],
      ['delegate/abi/plugin.c', ['delegate']],
      ['delegate/npu/npu.h', ['delegate']],
      ['delegate/npu/new.c', ['delegate']],
      ['binding.gyp', ['delegate']],
      ['package.json', ['engine', 'delegate']],
    ];
    for (const [path, stale] of edits) {
      write(path, 3000);
      for (const name of names) {
        const { output } = builds[name];
        const wanted = stale.includes(name)
          ? `${output} is older than ${path}: npm run build:${name === 'engine' ? 'engine' : 'native'}`
          : null;
        expect(staleReason(root, name), `${path} and ${name}`).to.equal(wanted);
      }
      rmSync(join(root, path));
      if (!path.endsWith('new.c')) write(path, 1000);
    }
  });

  it('that are not there at all are told so', () => {
    rmSync(join(root, builds.engine.output));
    expect(staleReason(root, 'engine')).to.equal('dist/engine.mjs is not built: npm run build:engine');
  });
});
