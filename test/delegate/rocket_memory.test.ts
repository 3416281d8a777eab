import { expect } from 'chai';
import { join } from 'node:path';
import { buildRocket, type Built, PretendedBoard } from '../host/rocket.js';
import { skip } from '../host/skip.js';
import { buildHost, type HostPrograms, type HostRun } from './c_host.js';
import { said } from './host_program.js';

/** The NPU's device with sanitizers, and without memory, on the pretended driver (fixtures/host.c). */
describe('device=npu: memory', function () {
  this.timeout(120_000);
  let host: HostPrograms;
  let built: Built;
  let kernel: PretendedBoard;
  let variables: Readonly<Record<string, string>>;

  const start = ['build', 'option:device=npu', 'create', 'prepare', 'allocate'];
  const check = ['invoke', 'most:1', 'invoke', 'most:1'];
  const end = ['end', 'destroy'];

  before(function () {
    const made = buildHost();
    const rocket = buildRocket();
    if (typeof made === 'string') return skip(this, made);
    if (typeof rocket === 'string') return skip(this, rocket);
    [host, built, kernel] = [made, rocket, new PretendedBoard()];
    variables = {
      PTFE_CACHE: join(host.folder, 'cache'),
      ROCKET_ROOT: kernel.root,
      LD_PRELOAD: built.driver,
      ASAN_OPTIONS: 'verify_asan_link_order=0:detect_leaks=0:abort_on_error=1',
    };
    // compiled once, by an engine without the pretended driver
    const compiled = host.run(['build', 'create', 'prepare', ...end], {
      variables: { PTFE_CACHE: join(host.folder, 'cache') },
    });
    expect(compiled.status, compiled.stderr).to.equal(0);
    variables = { ...variables, PTFE_NODE: '/nonexistent/node' };
  });
  beforeEach(() => kernel.forget());
  after(() => {
    host?.remove();
    kernel?.remove();
  });

  const run = (steps: readonly string[], more: Readonly<Record<string, string>> = {}, plain = false): HostRun =>
    host.run(steps, { variables: { ...variables, ...more }, plain });

  it('the NPU computes, and nothing is left', () => {
    const { status, stdout, stderr } = run([...start, 'delegated', ...check, 'untouched', ...end]);
    expect([status, stdout, stderr]).to.deep.equal([0, 'delegated 1\n', '']);
    expect(kernel.left()).to.have.length(1);
    expect(kernel.left()[0]).to.include({ files: 1, bos: 1, mapped: 0, submit: 2, prep: 2 });
    expect(kernel.dmesg()).to.deep.equal([]);
  });

  for (const [call, errno] of [
    ['open', 13],
    ['ioctl', 5],
    ['mmap', 12],
  ] as const) {
    it(`the n-th ${call} fails, each n`, () => {
      let all = 0;
      for (let n = 1; n === 1 || all >= n - 1; n++) {
        kernel.forget();
        const auto = [...start.filter((step) => !step.startsWith('option')), ...check, ...end];
        const { status, signal, stderr } = run(auto, { ROCKET_FAIL: `${call}:${n}:${errno}`, PTFE_DEVICE: 'auto' });
        expect([status, signal, kernel.dmesg()], `${call} ${n}: ${stderr}`).to.deep.equal([0, null, []]);
        expect(said(stderr).length, stderr).to.be.at.most(1);
        expect(stderr, 'the reason is the NPU').to.not.include('no program at');
        all = kernel.calls();
        expect(n).to.be.below(100);
      }
      expect(all).to.be.above(2);
    });
  }

  for (const [name, more] of [
    ['every job is dropped', { DROP_SUBMIT: 'all' }],
    ['PREP times out', { ROCKET_FAIL: 'prep:1:110' }],
    ['the device is gone', { ROCKET_FAIL: 'submit:1:19:100' }],
  ] as const) {
    it(`${name}: TFLite's kernels, and no error of memory`, () => {
      const { status, signal, stderr } = run([...start, ...check, ...check, ...end], more);
      expect([status, signal], stderr).to.deep.equal([0, null]);
      expect(said(stderr)).to.have.length(name.startsWith('every') ? 3 : 1);
      expect(said(stderr).at(-1)).to.match(/goes on with TFLite's kernels/);
    });
  }

  it('no memory at any point', () => {
    const failing = (n: number): HostRun =>
      run(
        ['build', 'option:device=npu', `fail-allocation:${n}`, ...start.slice(2), ...check, ...end, 'allocations'],
        {},
        true,
      );
    const all = Number(/allocations (\d+)/.exec(failing(-1).stdout)?.[1]);
    expect(all).to.be.above(30);
    for (let n = 1; n <= all; n++) {
      kernel.forget();
      const { status, signal, stderr } = failing(n);
      expect(status, `allocation ${n}: ${signal ?? ''} ${stderr}`).to.be.oneOf([0, 5]);
      if (status === 0) for (const left of kernel.left()) expect(left, `allocation ${n}`).to.include({ mapped: 0 });
    }
  });
});
