import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildHost, type HostPrograms, type HostRun, type HowToRun } from './c_host.js';
import { engine, said } from './host_program.js';
import { readTrace, type Slice } from '../host/trace.js';
import { holds } from '../host/holds.js';
import { skip } from '../host/skip.js';

/** What only a C program can do to the delegate, or sees of it: fixtures/host.c, with sanitizers. */
describe('delegate in a C program', function () {
  this.timeout(300_000);
  let host: HostPrograms;
  before(function () {
    const built = buildHost();
    if (typeof built === 'string') return skip(this, built);
    host = built;
  });
  after(() => host?.remove());

  const start = ['build', 'create', 'prepare', 'allocate'];
  const check = ['invoke', 'most:1'];
  const end = ['end', 'destroy'];
  const good = (run: HostRun): HostRun => {
    expect({ status: run.status, signal: run.signal }, run.stderr.slice(0, 3000)).to.deep.equal({
      status: 0,
      signal: null,
    });
    return run;
  };
  const works = (steps: readonly string[], how: HowToRun = {}): HostRun => good(host.run(steps, how));
  const folderOf = (name: string): string => {
    const path = join(host.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const script = (name: string, text: string): string => {
    const path = join(host.folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  };
  const withCache = (name: string): Readonly<Record<string, string>> => ({ PTFE_CACHE: join(host.folder, name) });
  const withoutNode = { PTFE_NODE: '/nonexistent/node' };

  it('one part, and nothing is left', () => {
    const { stdout, stderr } = works([...start, 'delegated', ...check, 'untouched', ...end]);
    expect(stdout).to.equal('delegated 1\n');
    expect(stderr).to.equal('');
  });

  describe('sizes that fall back to the kernels of TFLite', () => {
    let cache: Readonly<Record<string, string>>;
    before(() => {
      cache = withCache('sizes');
      works([...start, ...check, ...end], { variables: cache });
    });

    it('any sequence of sizes: the kernels get memory of the right size, and TFLite its tensors back as they were', () => {
      const size = fc.constantFrom('1x8x8', '2x8x8', '1x16x8', '4x4x4', '1x3x5', '8x8x8', '1x1x1', '3x20x20');
      const behind = fc.boolean();
      holds(
        fc.property(fc.array(fc.tuple(size, behind), { minLength: 1, maxLength: 6 }), (sequence) => {
          const steps = sequence.flatMap(([to, hidden]) => [
            `resize:${to}`,
            hidden ? 'allocate-behind' : 'allocate',
            'invoke',
            to === '1x8x8' ? 'most:1' : 'most:0',
            'untouched',
          ]);
          works([...start, 'delegated', ...steps, ...end], { variables: { ...cache, ...withoutNode } });
        }),
        { numRuns: 25 },
      );
    });

    it('back at the first size the part runs on the NPU again, without an engine', () => {
      const variables = { ...cache, ...withoutNode, PTFE_TEST_DEVICE_FAILS: '' };
      const steps = [
        'resize:2x8x8',
        'allocate',
        'invoke',
        'most:0',
        'resize:1x8x8',
        'allocate',
        'device-fails:1',
        'invoke',
      ];
      const { stderr } = works([...start, 'device-fails:0', ...steps, 'most:0', ...end], { variables });
      expect(said(stderr)[1]).to.match(/goes on with TFLite's kernels: the device does not answer/);
    });

    it('back at the first size nothing is compiled again', () => {
      const starts = join(host.folder, 'starts');
      const node = script('counting-node', `#!/bin/sh\necho start >> ${starts}\nexec ${process.execPath} "$@"\n`);
      const there = ['resize:2x8x8', 'allocate', ...check];
      const back = ['resize:1x8x8', 'allocate', ...check];
      works([...start, ...check, ...there, ...back, ...end], { variables: { PTFE_NODE: node } });
      expect(readFileSync(starts, 'utf8')).to.equal('start\nstart\n');
    });

    it('a device that fails: nodes are prepared again where TFLite does not', () => {
      const steps = [
        'resize:2x8x8',
        'allocate-behind',
        'invoke',
        'most:0',
        'resize:1x8x8',
        'allocate-behind',
        'allocate-behind',
      ];
      for (const before of [[], ['invoke', 'most:1']]) {
        works([...start, ...steps, ...before, 'device-fails:1', 'invoke', 'most:0', 'invoke', 'most:0', ...end], {
          variables: { ...cache, ...withoutNode },
        });
      }
    });
  });

  it('no memory at any point: of a start, of a resize to another plan, of one that falls back, of a device that fails', () => {
    const [cold, warm, other] = [join(host.folder, 'memory-cold'), withCache('memory'), withCache('memory-other')];
    works([...start, ...check, ...end], { variables: warm });
    works([...start, 'resize:2x8x8', 'allocate', ...check, ...end], { variables: other });
    const cases: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
      ['start', [...check], { ...warm, ...withoutNode, PTFE_PROFILE: join(host.folder, 'memory.json') }],
      ['store', [...check], { PTFE_CACHE: cold }],
      ['resize', ['resize:2x8x8', 'allocate', ...check], { ...other, ...withoutNode }],
      ['fall back', ['resize:3x5x5', 'allocate', ...check, 'untouched', ...check], { ...warm, ...withoutNode }],
      ['device', ['device-fails:1', ...check, 'invoke', 'most:0'], { ...warm, ...withoutNode }],
    ];
    for (const [what, steps, variables] of cases) {
      let n = 0;
      for (let reached = true; reached;) {
        const stride = what === 'store' ? 5 : 1;
        n += stride;
        if (what === 'store') rmSync(cold, { recursive: true, force: true });
        const script = ['build', `fail-allocation:${n}`, ...start.slice(1), ...steps, ...end.slice(1), 'allocations'];
        const { status, stdout, stderr, signal } = host.run(script, { variables, plain: true });
        expect(status, `${what}, allocation ${n}: ${signal ?? ''} ${stderr}`).to.be.oneOf([0, 5]);
        if (status === 0) reached = Number(/allocations (\d+)/.exec(stdout)?.[1]) >= n;
        expect(n).to.be.below(1000);
      }
      expect(n, `${what}: allocations`).to.be.above(10);
    }
  });

  it('a delegate that is destroyed before what it made', () => {
    const profile = join(host.folder, 'early.json');
    const variables = { ...withCache('early'), PTFE_PROFILE: profile };
    works([...start, ...check, 'destroy', ...check, 'resize:1x7x8', 'allocate', ...check, 'end'], { variables });
    expect(readTrace(readFileSync(profile, 'utf8')).tasks).to.have.length(6);
  });

  it('a node that reads what a later one makes: the graph is not partitioned', () => {
    const { stdout, stderr } = works(['cyclic', 'build', 'create', 'prepare', 'delegated', 'destroy']);
    expect(stdout).to.equal('delegated 0\n');
    expect(said(stderr)).to.deep.equal(['ptfe: falling back to CPU: node 0 reads tensor 6, which node 1 makes later']);
  });

  it('no signal of its own writes reaches the host', () => {
    for (const step of ['break-stderr', 'limit-files:0', 'limit-files:100', 'limit-files:8000']) {
      for (const watched of [['watch-signals'], []]) {
        const variables = {
          ...withCache(`signals${step}`),
          PTFE_VERBOSE: '1',
          PTFE_PROFILE: join(host.folder, 'signals.json'),
        };
        const steps = ['build', 'create', ...watched, step, 'prepare', 'allocate', 'delegated', ...check, ...end];
        const { stdout } = works(steps, { variables, plain: true });
        expect(stdout, step).to.equal('delegated 1\n');
        expect(
          readdirSync(join(host.folder, `signals${step}`)).filter((name) => !/\.(plan|memo|code)$/.test(name)),
        ).to.deep.equal([]);
      }
    }
  });

  it("a signal of the host's own that waits stays there", () => {
    const steps = [
      'build',
      'create',
      'raise-blocked',
      'break-stderr',
      'prepare',
      'allocate',
      ...check,
      'pending',
      ...end,
    ];
    expect(works(steps, { variables: { PTFE_VERBOSE: '1' }, plain: true }).stdout).to.equal('pending 1\n');
  });

  describe('where files are', () => {
    const bare = { PTFE_ENGINE: '' };
    const taken = (steps: readonly string[], how: HowToRun): void => {
      const { stdout, stderr } = works([...steps, 'delegated', ...check, ...end], how);
      expect(stdout, stderr).to.equal('delegated 1\n');
    };

    it('a library that was loaded by a relative name, then the host goes elsewhere', () => {
      const folder = folderOf('relative');
      copyFileSync(host.library, join(folder, 'libptfe.so'));
      copyFileSync(engine, join(folder, 'engine.mjs'));
      for (const [library, cwd] of [
        ['./libptfe.so', folder],
        ['relative/libptfe.so', host.folder],
      ] as const) {
        taken(['chdir:/', ...start], { library, cwd, variables: bare });
        taken(['build', 'create', 'chdir:/', 'prepare', 'allocate'], { library, cwd, variables: bare });
      }
    });

    it('a library behind a link, and beside one', () => {
      const folder = folderOf('links');
      symlinkSync(join(folderOf('relative'), 'libptfe.so'), join(folder, 'one.so'));
      taken(start, { library: join(folder, 'one.so'), variables: bare });
      const beside = folderOf('beside');
      symlinkSync(host.library, join(beside, 'libptfe.so'));
      copyFileSync(engine, join(beside, 'engine.mjs'));
      taken(start, { library: join(beside, 'libptfe.so'), variables: bare });
    });

    it('as packages lay files out', () => {
      for (const lib of ['lib', 'lib/aarch64-linux-gnu']) {
        const prefix = folderOf(`prefix-${lib.length}`);
        mkdirSync(join(prefix, lib), { recursive: true });
        mkdirSync(join(prefix, 'share/ptfe'), { recursive: true });
        copyFileSync(host.library, join(prefix, lib, 'libptfe.so'));
        copyFileSync(engine, join(prefix, 'share/ptfe/engine.mjs'));
        taken(start, { library: join(prefix, lib, 'libptfe.so'), variables: bare });
      }
    });

    it('options with relative names are those of the folder where the delegate was made', () => {
      const folder = folderOf('options');
      copyFileSync(engine, join(folder, 'the_engine.mjs'));
      symlinkSync(process.execPath, join(folder, 'the_node'));
      const names = {
        PTFE_ENGINE: 'the_engine.mjs',
        PTFE_CACHE: 'the_cache',
        PTFE_PROFILE: 'the_profile',
        PTFE_NODE: './the_node',
      };
      taken(['build', 'create', 'chdir:/', 'prepare', 'allocate'], { cwd: folder, variables: names });
      expect(readdirSync(folder).sort()).to.deep.equal(['the_cache', 'the_engine.mjs', 'the_node', 'the_profile']);
      expect(readdirSync(join(folder, 'the_cache'))).to.have.length(1);
      const given = Object.entries(names).map(([name, value]) => `option:${name.slice(5).toLowerCase()}=${value}`);
      taken([...given, 'build', 'create', 'chdir:/', 'prepare', 'allocate'], { cwd: folder });
      taken(start, {
        cwd: folder,
        variables: { ...withoutNode, PTFE_CACHE: '~/options/the_cache', PTFE_ENGINE: 'the_engine.mjs' },
      });
    });
  });

  describe('the process of the engine', () => {
    const seen = (text: string, how: HowToRun = {}, steps: readonly string[] = []): readonly string[] => {
      const out = join(host.folder, 'seen');
      const node = script('spy', `#!/bin/sh\n${text} > ${out}\nexit 1\n`);
      works([...steps, ...start, ...end.slice(1)], { ...how, variables: { ...how.variables, PTFE_NODE: node } });
      return readFileSync(out, 'utf8').trim().split('\n');
    };

    it("has none of the host's files", () => {
      // "ls" opens the folder itself as 3, "sh" its script as 10.
      expect(seen('ls /proc/self/fd', {}, [`open:${join(host.folder, 'open')}`])).to.not.include('77');
      expect(seen('ls /proc/self/fd', { plain: true }, [`open:${join(host.folder, 'open')}`])).to.not.include('77');
    });

    it('has of its environment what it needs, and nothing that changes how Node works', () => {
      const odd = {
        NODE_OPTIONS: '--require /nonexistent.js',
        NODE_PATH: '/nonexistent',
        NODE_EXTRA_CA_CERTS: '/nonexistent',
        BASH_ENV: '/nonexistent',
        LD_LIBRARY_PATH: '/nonexistent',
        TMPDIR: '/tmp',
        LANG: 'C',
        SECRET: 'secret',
        PTFE_TEST_FAULT: 'none',
      };
      const names = seen('env', { variables: odd, plain: true }).map((line) => line.split('=')[0]);
      expect(names).to.include.members(['PATH', 'HOME', 'LD_LIBRARY_PATH', 'TMPDIR', 'LANG', 'PTFE_TEST_FAULT']);
      for (const name of ['NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'BASH_ENV', 'SECRET']) {
        expect(names).to.not.include(name);
      }
      // And so a Node that would not start with it does start.
      expect(works([...start, 'delegated', ...end], { variables: { NODE_OPTIONS: odd.NODE_OPTIONS } }).stdout).to.equal(
        'delegated 1\n',
      );
    });

    it('a heap of the size that option memory says', () => {
      expect(seen('echo "$@"')).to.deep.equal([`--max-old-space-size=1024 ${engine} serve`]);
      expect(seen('echo "$@"', { variables: { PTFE_MEMORY: '300' } })[0]).to.match(/^--max-old-space-size=300 /);
      for (const value of ['63', '65537', '1e3', '-1', '']) {
        const { status, stderr } = host.run([`option:memory=${value}`, 'build', 'create', 'prepare']);
        expect(status, value).to.equal(3);
        expect(stderr).to.match(/option memory: "[^"]*" is not a value \(allowed: <MiB, 64 to 65536>\)/);
      }
    });

    const refusal = (how: HowToRun, steps: readonly string[] = []): string => {
      const { stdout, stderr } = works([...steps, ...start, 'delegated', 'invoke', 'most:0', 'destroy'], {
        plain: true,
        ...how,
      });
      expect(stdout, stderr).to.equal('delegated 0\n');
      expect(said(stderr)).to.have.length(1);
      return said(stderr)[0] ?? '';
    };
    const engineOf = (name: string, text: string): Readonly<Record<string, string>> => {
      const path = join(host.folder, name);
      writeFileSync(path, text);
      return { PTFE_ENGINE: path };
    };

    it('out of its heap: the line says so and what to do', () => {
      const hungry =
        "process.stdin.once('data', () => { const all = []; for (;;) all.push(new Array(1000).fill({})); });\n";
      const variables = { ...engineOf('hungry.mjs', hungry), PTFE_MEMORY: '64' };
      expect(refusal({ variables })).to.match(
        /signal \d+: FATAL ERROR: .*heap.*; give it more memory \(option memory\), or compile elsewhere/,
      );
    });

    it('where memory cannot be made executable', function () {
      const program = join(host.folder, 'no_exec');
      const source = `${program}.c`;
      writeFileSync(
        source,
        '#include <sys/prctl.h>\n#include <unistd.h>\n' +
          'int main(int c, char **v) { (void)c; return prctl(65, 1, 0, 0, 0) != 0 ? 77 : execvp(v[1], v + 1); }\n',
      );
      const { CC: compiler = 'cc' } = process.env;
      spawnSync(compiler, [source, '-o', program]);
      if (spawnSync(program, ['true']).status !== 0) return skip(this, 'board: this kernel has no PR_SET_MDWE');
      expect(refusal({ wrapper: [program] })).to.match(
        /signal \d+: # \w.*: compile elsewhere \(ptfe compile, option plan\)$/,
      );
    });

    it('an address space that is too small: the cause, not a frame of "#"', () => {
      const line = refusal({ wrapper: ['sh', '-c', 'ulimit -v 700000; exec "$@"', 'sh'] });
      expect(line)
        .to.match(/memory|OOM/)
        .and.to.not.match(/signal \d+: #\s*$/);
    });

    it('an old Node: which one is needed', () => {
      for (const words of [
        'SyntaxError: Unexpected token {',
        'internal/modules/cjs/loader.js:1\nError [ERR_REQUIRE_ESM]: Must use import to load ES Module: /x/engine.mjs',
        "Error: Cannot find module 'node:fs'",
        'TypeError: list.findLast is not a function\n    at file:///x/engine.mjs:1:1\nNode.js v16.0.0',
      ]) {
        const node = script('old-node', `#!/bin/sh\ncat >&2 <<'END'\n${words}\nEND\nexit 1\n`);
        expect(refusal({ variables: { PTFE_NODE: node } })).to.match(
          /Error.*; the engine needs Node 20\.19 or later \(option node\)$/,
        );
      }
    });

    it('processor time counts, not that of a machine that is busy with other things', () => {
      // Two seconds of little work before the answer.
      const slow =
        'const end = Date.now() + 2500;\nwhile (Date.now() < end) {\n' +
        '  const busy = Date.now() + 20;\n  while (Date.now() < busy);\n' +
        '  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);\n}\n' +
        `await import(${JSON.stringify(engine)});\n`;
      const variables = { ...engineOf('slow.mjs', slow), PTFE_TIMEOUT: '2' };
      expect(works([...start, 'delegated', ...end], { variables, plain: true }).stdout).to.equal('delegated 1\n');
    });

    it('an engine that never ends its work, and one that does nothing', () => {
      const began = Date.now();
      const busy = engineOf('busy.mjs', "process.stdin.once('data', () => { for (;;); });\n");
      expect(refusal({ variables: { ...busy, PTFE_TIMEOUT: '1' } })).to.match(
        /within 1 s of processor time \(option timeout\)/,
      );
      const idle = engineOf('idle.mjs', 'setInterval(() => undefined, 1e6);\n');
      expect(refusal({ variables: { ...idle, PTFE_TIMEOUT: '1' } })).to.match(/did nothing for 1 s \(option timeout\)/);
      expect(Date.now() - began, 'milliseconds').to.be.below(15_000);
    });
  });

  describe('a host with more rights than its user', () => {
    /** A copy of the host that runs as another user than who starts it. */
    const privileged = (context: Mocha.Context): HowToRun => {
      const program = join(host.folder, 'setuid-host');
      if (process.getuid?.() !== 0) return skip(context, 'board: needs root to make a setuid program');
      chmodSync(host.folder, 0o755);
      copyFileSync(host.plainProgram, program);
      chownSync(program, 65534, 65534);
      chmodSync(program, 0o4755);
      return { wrapper: ['env', `PROGRAM=${program}`, 'sh', '-c', 'shift; exec "$PROGRAM" "$@"', 'sh'], plain: true };
    };

    it('starts nothing and reads no cache, whatever its user says', function () {
      const how = privileged(this);
      const started = join(folderOf('open-to-all'), 'started');
      chmodSync(dirname(started), 0o777);
      const node = script('evil', `#!/bin/sh\ntouch ${started}\n`);
      const variables = { PTFE_NODE: node, PTFE_CACHE: dirname(started), PTFE_PROFILE: started, PTFE_VERBOSE: '1' };
      const steps = [...start, 'delegated', 'invoke', 'most:0', 'destroy'];
      for (const given of [
        [],
        [`option:node=${node}`, `option:engine=${engine}`, `option:cache=${dirname(started)}`],
      ]) {
        // The device as an option: of variables it reads none.
        const { stdout, stderr } = works(['option:device=software', ...given, ...steps], { ...how, variables });
        expect(stdout).to.equal('delegated 0\n');
        expect(said(stderr)).to.have.length(1);
        expect(stderr).to.match(/more rights than its user: no compiler and no cache are used, only a plan file/);
      }
      expect(readdirSync(dirname(started))).to.deep.equal([]);
    });
  });

  describe('profile=FILE', () => {
    const eventsOf = (path: string): readonly Slice[] => readTrace(readFileSync(path, 'utf8')).tasks;

    it('is whole after each run, however the process ends, and a forked one has a file of its own', () => {
      const profile = join(folderOf('profiles'), 'trace.json');
      const variables = { ...withCache('profiles-cache'), PTFE_PROFILE: profile };
      works([...start, ...check, ...check, 'exit'], { variables });
      expect(eventsOf(profile)).to.have.length(4);
      works([...start, ...check, 'fork', ...check, ...check, 'exit'], { variables });
      expect(eventsOf(profile)).to.have.length(2);
      spawnSync('sleep', ['0.5']); // for the forked one
      const [forked] = readdirSync(dirname(profile)).filter((name) => /^trace\.json\.\d+$/.test(name));
      expect(eventsOf(join(dirname(profile), forked ?? ''))).to.have.length(4);
    });

    it('has the opening of the plan, and the conversions around each run', () => {
      const profile = join(folderOf('profiles'), 'around.json');
      works([...start, ...check, ...check, ...end], { variables: { PTFE_PROFILE: profile } });
      const { around, tasks, threads } = readTrace(readFileSync(profile, 'utf8'));
      const names = around.map(({ name }) => name);
      const run = ['inputs to cubes', 'cubes to outputs'];
      expect(names).to.deep.equal([`prepare ${tasks.length / 2} tasks`, ...run, ...run]);
      for (const { tid } of around) expect(threads.get(tid)).to.equal('host');
      const [prepare, first] = around;
      if (prepare === undefined || first === undefined) throw new Error('none');
      expect(prepare.dur).to.be.above(0);
      expect(first.ts).to.be.at.least(prepare.ts + prepare.dur - 0.01);
    });

    it('may be a pipe', () => {
      const how = { variables: { PTFE_PROFILE: '/dev/stdout' }, wrapper: ['sh', '-c', '"$@" | cat', 'sh'] };
      const { stdout } = works([...start, ...check, ...check, ...end], how);
      expect(readTrace(stdout).tasks).to.have.length(4);
    });

    it('says for each task what it multiplies itself', () => {
      const profile = join(folderOf('profiles'), 'macs.json');
      works(['build', 'resize:1x150x150', 'allocate', 'create', 'prepare', 'allocate', ...check, ...end], {
        variables: { PTFE_PROFILE: profile },
      });
      const tasks = eventsOf(profile);
      for (const node of [0, 1]) {
        const own = tasks.filter(({ name }) => name === `CONV_2D #${node}`).map(({ args }) => args['macs'] ?? NaN);
        expect(own.length, 'tasks of one convolution').to.be.above(1);
        expect(own.reduce((sum, macs) => sum + macs, 0)).to.be.closeTo(150 * 150 * 16 * 16 * 9, own.length);
        expect(Math.max(...own)).to.be.below(150 * 150 * 16 * 16 * 9);
      }
    });

    it('is JSON in every locale', function () {
      const locales = folderOf('locales');
      const made = spawnSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', join(locales, 'de_DE.UTF-8')]);
      if (!existsSync(join(locales, 'de_DE.UTF-8')))
        return skip(this, `tool: no locale with a comma (${made.error?.message ?? String(made.stderr).slice(0, 80)})`);
      const profile = join(folderOf('profiles'), 'comma.json');
      works(['locale:de_DE.UTF-8', ...start, ...check, 'exit'], {
        variables: { LOCPATH: locales, PTFE_PROFILE: profile },
      });
      expect(eventsOf(profile)).to.have.length(2);
    });
  });
});
