import { expect } from 'chai';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary } from '../host/oracle.js';
import { skip } from '../host/skip.js';
import { buildHost, type HostPrograms, type HostRun } from './c_host.js';
import { said } from './host_program.js';

/**
 * How media frameworks call an external delegate, through TFLite's own wrapper: without arrays where there are no options,
 * without a callback for errors, and with the library closed when the delegate is gone, whatever else still lives. The
 * library is the one that is shipped, under Teflon's name too.
 */
describe("delegate: call orders of GStreamer's and NNStreamer's", function () {
  this.timeout(120_000);
  let host: HostPrograms;
  before(function () {
    if (!existsSync(delegateLibrary) || process.env['PTFE_PRELOAD'] !== undefined)
      return skip(this, 'tool: the delegate is not built, or not for this process');
    demandFresh('delegate');
    const built = buildHost();
    if (typeof built === 'string') return skip(this, built);
    host = built;
  });
  after(() => host?.remove());

  const run = (steps: readonly string[], variables: Readonly<Record<string, string>> = {}): HostRun =>
    host.run(steps, {
      plain: true,
      library: delegateLibrary,
      variables: { PTFE_CACHE: join(host.folder, 'c'), ...variables },
    });
  const works = (steps: readonly string[], variables: Readonly<Record<string, string>> = {}): HostRun => {
    const done = run(steps, variables);
    expect({ status: done.status, signal: done.signal }, done.stderr).to.deep.equal({ status: 0, signal: null });
    return done;
  };
  const use = ['prepare', 'delegated', 'allocate', 'invoke', 'most:1'];

  it('GStreamer: interpreter, delegate, library; and again in the same process', () => {
    const once = ['create-bare', ...use, 'end', 'destroy', 'dlclose'];
    const { stdout, stderr } = works(['build', ...once, 'dlopen', 'build', ...once]);
    expect(stdout).to.equal('delegated 1\ndelegated 1\n');
    expect(said(stderr)).to.deep.equal([]);
  });

  it('NNStreamer: delegate and library first, the interpreter behind them', () => {
    for (const invokes of [[], ['invoke', 'most:1'], ['resize:1x4x4', 'allocate', 'invoke', 'most:1']]) {
      const steps = ['build', 'create-bare', ...use, 'destroy', 'dlclose', ...invokes, 'end'];
      expect(works(steps).stdout).to.equal('delegated 1\n');
    }
  });

  it('a search for what is there: made and closed many times, without a graph', () => {
    const round = ['create-bare', 'created', 'destroy', 'dlclose', 'dlopen'];
    const { stdout } = works(Array.from({ length: 20 }, () => round).flat());
    expect(stdout).to.equal('created 1\n'.repeat(20));
  });

  it('a wrong option without a callback: no delegate, and one line', () => {
    const { stdout, stderr } = works(['option:devise=npu', 'create-bare', 'created']);
    expect(stdout).to.equal('created 0\n');
    expect(said(stderr)).to.have.length(1);
    expect(stderr).to.contain('unknown option "devise": did you mean "device"? (options: ');
  });

  it("options and variables of Teflon's: a delegate, and one line in a process", () => {
    const line = /^ptfe: TEFLON_DEBUG is an option of Mesa's Teflon and has no effect here: verbose=1/;
    const twice = ['build', 'create-bare', ...use, 'end', 'destroy', 'create-bare', 'created', 'destroy'];
    const cases = [
      [['option:TEFLON_DEBUG=verbose'], {}],
      [[], { TEFLON_DEBUG: 'verbose' }],
      [['option:TEFLON_DEBUG=1', 'option:device=software'], { ROCKET_DEBUG: 'dbg_msgs' }],
    ] as const;
    for (const [given, variables] of cases) {
      const { stdout, stderr } = works([...given, ...twice], variables);
      expect(stdout).to.equal('delegated 1\ncreated 1\n');
      expect(said(stderr)).to.have.length(1);
      expect(said(stderr)[0]).to.match(line);
    }
  });

  it('under the name libteflon.so, by a link in another folder: the compiler is found', () => {
    const link = join(host.folder, 'libteflon.so');
    symlinkSync(delegateLibrary, link);
    const steps = ['build', 'create-bare', ...use, 'end', 'destroy', 'dlclose'];
    const variables = { PTFE_ENGINE: '', PTFE_CACHE: 'off' };
    const done = host.run(steps, { plain: true, library: link, variables });
    expect([done.status, done.stdout], done.stderr).to.deep.equal([0, 'delegated 1\n']);
  });
});
