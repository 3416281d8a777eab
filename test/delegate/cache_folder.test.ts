import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildHost, type HostPrograms, type HostRun } from './c_host.js';
import { said } from './host_program.js';
import { skip } from '../host/skip.js';

/** The cache as a folder among others: whose it is, who writes when, what is thrown away. */
describe('delegate: the folder of the plan cache', function () {
  this.timeout(300_000);
  let host: HostPrograms;
  let number = 0;
  before(function () {
    const built = buildHost();
    if (typeof built === 'string') return skip(this, built);
    host = built;
    chmodSync(host.folder, 0o755);
  });
  after(() => host?.remove());

  const steps = ['build', 'create', 'prepare', 'allocate', 'delegated', 'invoke', 'most:1'];
  const fresh = (): string => join(host.folder, `cache${number++}`);
  const run = (
    cache: string,
    variables: Readonly<Record<string, string>> = {},
    before: readonly string[] = [],
  ): HostRun => {
    const done = host.run([...before, ...steps], { variables: { PTFE_CACHE: cache, ...variables }, plain: true });
    expect({ status: done.status, signal: done.signal }, done.stderr).to.deep.equal({ status: 0, signal: null });
    return done;
  };
  const withoutNode = { PTFE_NODE: '/nonexistent/node' };
  const isWarm = (cache: string, more: Readonly<Record<string, string>> = {}): boolean =>
    run(cache, { ...withoutNode, ...more }).stdout === 'delegated 1\n';
  const entryOf = (cache: string): string => {
    const [name, ...others] = readdirSync(cache).filter((file) => !/^[0-9a-f]{64}\.(memo|code)$/.test(file));
    expect(others, 'only the entry').to.deep.equal([]);
    return join(cache, name ?? '');
  };
  const filled = (): { readonly cache: string; readonly entry: string } => {
    const cache = fresh();
    expect(said(run(cache).stderr)).to.deep.equal([]);
    return { cache, entry: entryOf(cache) };
  };
  const needRoot = (context: Mocha.Context): void => {
    if (process.getuid?.() === 0) return;
    return skip(context, 'board: needs root');
  };

  it('an entry stays where something else is wrong than its bytes', () => {
    const { cache, entry } = filled();
    const { ino } = statSync(entry);
    for (const variables of [{ PTFE_ENGINE: '/dev/null' }, { PTFE_TRUST: 'seen' }, { PTFE_PRECISION: 'best' }]) {
      run(cache, { ...withoutNode, ...variables });
    }
    // Without memory at any point.
    let n = 0;
    for (let failed = true; failed;) {
      n++;
      const variables = { PTFE_CACHE: cache, ...withoutNode };
      const all = ['build', `fail-allocation:${n}`, 'create', 'prepare', 'allocations'];
      const { stdout, status } = host.run(all, { variables, plain: true });
      expect(status).to.be.oneOf([0, 5]);
      failed = status === 5 || Number(/allocations (\d+)/.exec(stdout)?.[1]) >= n;
    }
    expect(n, 'allocations').to.be.above(10);
    expect(statSync(entry).ino).to.equal(ino);
    expect(isWarm(cache)).to.equal(true);
  });

  it('a damaged entry goes, wherever the damage is', () => {
    const { cache, entry } = filled();
    const bytes = readFileSync(entry);
    for (let at = 3; at < bytes.length; at += Math.floor(bytes.length / 23)) {
      const spoilt = Buffer.from(bytes);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x10;
      writeFileSync(entry, spoilt);
      const engineOnly = at >= 48 && at < 80; // the hash of the engine's file: an entry of another engine, whole in itself
      expect(isWarm(cache), `byte ${at}`).to.equal(false);
      if (!engineOnly) expect(existsSync(entry), `byte ${at}`).to.equal(false);
    }
    writeFileSync(entry, bytes.subarray(0, bytes.length - 8));
    expect(isWarm(cache)).to.equal(false);
    expect(existsSync(entry)).to.equal(false);
  });

  it("V8's code of the compiler is kept; code that is damaged, or that others can write, is not run", () => {
    const { cache } = filled();
    const [name, ...others] = readdirSync(cache).filter((file) => file.endsWith('.code'));
    expect(others).to.deep.equal([]);
    const code = join(cache, name ?? '');
    const good = readFileSync(code);
    const compiles = (precision: string): void => {
      expect(run(cache, { PTFE_PRECISION: precision }).stdout).to.equal('delegated 1\n');
    };
    const { mtimeMs } = statSync(code);
    compiles('best');
    expect(statSync(code).mtimeMs, 'known code is not written again').to.equal(mtimeMs);
    for (const at of [0, 40, good.length >> 1]) {
      const spoilt = Buffer.from(good);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      writeFileSync(code, spoilt);
      for (const entry of readdirSync(cache)) if (entry.endsWith('.plan')) truncateSync(join(cache, entry), 8);
      compiles('best');
      expect(readFileSync(code).equals(spoilt), `byte ${at}: written anew`).to.equal(false);
    }
    chmodSync(code, 0o666);
    compiles('fastest');
    expect(statSync(code).mode & 0o777, 'written anew').to.equal(0o644);
  });

  it('modes are those of the umask, and never let others write', () => {
    for (const [umask, folderMode, entryMode] of [
      ['022', 0o755, 0o644],
      ['027', 0o750, 0o640],
      ['077', 0o700, 0o600],
      ['000', 0o755, 0o644],
    ] as const) {
      const cache = join(fresh(), 'below');
      run(cache, {}, [`umask:${umask}`]);
      expect(statSync(cache).mode & 0o7777, umask).to.equal(folderMode);
      expect(statSync(entryOf(cache)).mode & 0o7777, umask).to.equal(entryMode);
    }
  });

  it('what others can write is not taken, and one line says so', function () {
    needRoot(this);
    const cases: readonly (readonly [string, (cache: string, entry: string) => string, RegExp])[] = [
      [
        'a folder for all',
        (cache) => (chmodSync(cache, 0o777), cache),
        /is not used: others can write to it \(mode 0777\)/,
      ],
      ['a folder for a group', (cache) => (chmodSync(cache, 0o775), cache), /others can write to it \(mode 0775\)/],
      [
        'a folder of another user',
        (cache) => (chownSync(cache, 1234, 1234), cache),
        /is not used: it belongs to user 1234/,
      ],
      [
        'an entry for all',
        (cache, entry) => (chmodSync(entry, 0o666), cache),
        /a plan in the cache .* others can write to it/,
      ],
      ['an entry of another user', (cache, entry) => (chownSync(entry, 1234, 1234), cache), /it belongs to user 1234/],
      [
        'an entry that is a link',
        (cache, entry) => {
          spawnSync('mv', [entry, `${cache}.moved`]);
          symlinkSync(`${cache}.moved`, entry);
          return cache;
        },
        /a plan in the cache .* cannot be read/,
      ],
      [
        'a link of another user',
        (cache) => {
          symlinkSync(cache, `${cache}.link`);
          lchownSync(`${cache}.link`, 1234, 1234);
          return `${cache}.link`;
        },
        /is not used: a link of another user leads there/,
      ],
      [
        'a link of another user on the way',
        (cache) => {
          symlinkSync(host.folder, `${cache}.way`);
          lchownSync(`${cache}.way`, 1234, 1234);
          return join(`${cache}.way`, cache.slice(host.folder.length));
        },
        /a link of another user leads there/,
      ],
    ];
    for (const [what, spoil, line] of cases) {
      const { cache, entry } = filled();
      const { stdout, stderr } = run(spoil(cache, entry), withoutNode);
      expect(stdout, what).to.equal('delegated 0\n');
      expect(said(stderr)[0], what).to.match(line);
      expect(said(stderr), what).to.have.length(2);
    }
    const { cache } = filled();
    symlinkSync(cache, `${cache}.own`);
    expect(isWarm(`${cache}.own`), 'a link of its own').to.equal(true);
  });

  it("a cache that root filled serves everybody; another user's is named", function () {
    needRoot(this);
    const { cache, entry } = filled();
    const as = (user: string): HostRun => run(cache, withoutNode, [`setuid:${user}`]);
    expect(as('4321').stdout).to.equal('delegated 1\n');
    chmodSync(entry, 0o600);
    const unread = as('4321');
    expect(unread.stdout).to.equal('delegated 0\n');
    expect(said(unread.stderr)[0]).to.match(/a plan in the cache .* cannot be read: Permission denied/);
    chownSync(cache, 1234, 1234);
    expect(said(as('4321').stderr)[0]).to.match(/it belongs to user 1234/);
  });

  it('what a process left that ended while it wrote is swept, what one writes now is not', () => {
    const { cache, entry } = filled();
    const left = ['.100.5', '.XyZ123', '.lock'].map((suffix) => `${entry}${suffix}`);
    const others = ['readme.txt', 'abc.plan.1.2'].map((name) => join(cache, name));
    const now = `${entry}.200.6`;
    for (const path of [...left, ...others, now]) writeFileSync(path, 'left');
    const hoursAgo = new Date(Date.now() - 2 * 3600_000);
    for (const path of [...left, ...others]) utimesSync(path, hoursAgo, hoursAgo);
    run(cache, { PTFE_PRECISION: 'best' }); // writes another entry
    expect(left.filter(existsSync)).to.deep.equal([]);
    expect([...others, now].filter(existsSync)).to.deep.equal([...others, now]);
  });

  it('stays below its size: the entries that were used least lately go', () => {
    const { cache, entry } = filled();
    const old = Array.from({ length: 5 }, (_, i) => join(cache, `${String(i).repeat(64)}.plan`));
    old.forEach((path, i) => {
      writeFileSync(path, '');
      truncateSync(path, 120 << 20);
      utimesSync(path, new Date(1e12 + i * 1000), new Date(1e12 + i * 1000));
    });
    utimesSync(entry, new Date(9e11), new Date(9e11)); // the oldest, until it is used
    expect(isWarm(cache)).to.equal(true);
    run(cache, { PTFE_PRECISION: 'best' });
    expect(old.map(existsSync)).to.deep.equal([false, true, true, true, true]);
    expect(existsSync(entry)).to.equal(true);
  });

  /** A Node that writes a line for each start. */
  const counting = (): { readonly variables: Readonly<Record<string, string>>; readonly starts: () => number } => {
    const count = join(host.folder, `starts${number++}`);
    const node = `${count}.sh`;
    writeFileSync(node, `#!/bin/sh\necho start >> ${count}\nexec ${process.execPath} "$@"\n`);
    chmodSync(node, 0o755);
    return {
      variables: { PTFE_NODE: node },
      starts: () => (existsSync(count) ? readFileSync(count, 'utf8').split('\n').length - 1 : 0),
    };
  };

  it('20 processes at once compile once', async () => {
    const { variables, starts } = counting();
    const cache = fresh();
    const how = { variables: { PTFE_CACHE: cache, ...variables }, plain: true };
    const done = await Promise.all(Array.from({ length: 20 }, () => host.start(steps, how)));
    for (const { status, stdout, stderr } of done) {
      expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: 'delegated 1\n', stderr: '' });
    }
    expect(starts()).to.equal(1);
    entryOf(cache);
  });

  it('one that is killed while it compiles leaves no lock', async () => {
    const cache = fresh();
    const hanging = join(host.folder, 'hanging.mjs');
    writeFileSync(hanging, 'setInterval(() => undefined, 1000);\n');
    const killed = spawn(host.plainProgram, [host.plainLibrary, ...steps], {
      env: {
        PATH: process.env['PATH'],
        PTFE_DEVICE: 'software',
        PTFE_CACHE: cache,
        PTFE_ENGINE: hanging,
        PTFE_PARTS: 'all',
      },
    });
    while (!existsSync(cache) || readdirSync(cache).length === 0) await new Promise((wait) => setTimeout(wait, 20));
    killed.kill('SIGKILL');
    await new Promise((closed) => killed.once('close', closed));
    const began = Date.now();
    expect(run(cache).stdout).to.equal('delegated 1\n');
    expect(Date.now() - began, 'milliseconds').to.be.below(10_000);
    entryOf(cache);
  });

  it('nobody waits longer than the time-out for one that is stuck', async () => {
    const cache = fresh();
    const hanging = join(host.folder, 'stuck.mjs');
    writeFileSync(hanging, 'setInterval(() => undefined, 1000);\n');
    const variables = { PTFE_CACHE: cache, PTFE_ENGINE: hanging, PTFE_TIMEOUT: '20' };
    const stuck = spawn(host.plainProgram, [host.plainLibrary, 'build', 'create', 'prepare'], {
      env: { PATH: process.env['PATH'], PTFE_DEVICE: 'software', PTFE_PARTS: 'all', ...variables },
    });
    while (!existsSync(cache) || readdirSync(cache).length === 0) await new Promise((wait) => setTimeout(wait, 20));
    const began = Date.now();
    expect(run(cache, { PTFE_TIMEOUT: '2' }).stdout).to.equal('delegated 1\n');
    expect(Date.now() - began, 'milliseconds').to.be.within(1900, 15_000);
    stuck.kill('SIGKILL');
    await new Promise((closed) => stuck.once('close', closed));
  });

  it('an engine that cannot be read to its end is no wildcard', function () {
    const { cache } = filled();
    expect(isWarm(cache, { PTFE_ENGINE: '/nonexistent/engine.mjs' }), 'no engine at all: any will do').to.equal(true);
    const other = join(host.folder, 'other.mjs');
    writeFileSync(other, readFileSync(process.env['PTFE_ENGINE'] ?? 'dist/engine.mjs'));
    appendFileSync(other, '\n// another one\n');
    expect(isWarm(cache, { PTFE_ENGINE: other }), 'of another engine').to.equal(false);
    // A file that can be opened, but whose first byte cannot be read.
    if (!existsSync('/proc/self/mem')) return skip(this, 'board: no /proc/self/mem');
    expect(isWarm(cache, { PTFE_ENGINE: '/proc/self/mem' })).to.equal(false);
  });

  it('folders that cannot be: one line', () => {
    mkdirSync(join(host.folder, 'plain'), { recursive: true });
    writeFileSync(join(host.folder, 'plain/file'), '');
    for (const cache of ['/dev/null/cache', '/proc/ptfe-cache', join(host.folder, 'plain/file/below')]) {
      const { stdout, stderr } = run(cache);
      expect(stdout).to.equal('delegated 1\n');
      expect(said(stderr), cache).to.have.length(1);
    }
  });
});
