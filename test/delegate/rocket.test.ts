import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../kernel/judge.js';
import { marks, scenariosOf, type Seen } from '../kernel/lines.js';
import { prepareModels } from '../kernel/models.js';
import { inputs, type Scenario, small, stock, type Truths } from '../kernel/scenarios.js';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';
import {
  type Board,
  board,
  buildRocket,
  type Built,
  pieces,
  PretendedBoard,
  type Ran,
  runProgram,
} from '../host/rocket.js';
import { readTrace } from '../host/trace.js';
import { skip } from '../host/skip.js';
import { debianSysroot } from '../host/sysroot.js';

/**
 * libptfe.so on the pretended rocket driver, natively: a real TFLite (Debian's C library) and the programs and scenarios of
 * `npm run test:kernel`, so that what the pretended driver answers stays what the real one does.
 */
describe('device=npu on a pretended kernel', function () {
  this.timeout(120_000);
  const names = ['digits_int8', small, 'host_step', 'three_cores'] as const;
  const folder = join(repository, 'build/rocket');
  const models = join(folder, 'models');
  let built: Built;
  let libraries: string;
  let kernel: PretendedBoard;
  let truths: Truths;

  before(async function () {
    if (process.arch !== 'x64') return skip(this, `board: the programs are for x64, and this is ${process.arch}`);
    const rocket = buildRocket();
    if (typeof rocket === 'string') return skip(this, rocket);
    const sysroot = debianSysroot('x86_64', 'sid', 'amd64', ['libtensorflow-lite2.14.1']);
    if ('why' in sysroot) return skip(this, sysroot.why);
    demandFresh('engine', 'delegate');
    built = rocket;
    libraries = join(sysroot.folder, 'usr/lib/x86_64-linux-gnu');
    if (prepareModels(names, models).length !== names.length) return skip(this, 'shared: no models');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const loader = `${libraries}/ld-linux-x86-64.so.2 --library-path ${libraries}`;
    writeFileSync(join(folder, 'bin/host'), `#!/bin/sh\nexec ${loader} --preload ${built.driver} ${built.host} "$@"\n`);
    writeFileSync(
      join(folder, 'bin/answers'),
      `#!/bin/sh\nexec ${loader} --preload ${built.driver} ${built.answers} "$@"\n`,
    );
    for (const name of ['host', 'answers']) chmodSync(join(folder, 'bin', name), 0o755);
    kernel = new PretendedBoard();
    const hashes = async (model: string, delegate: string): Promise<readonly string[]> => {
      const { text } = await run(`host run ${tflite()} ${models}/${model}.tflite ${delegate}`);
      return seenOf('truth', text, []).invokes.map(({ hash }) => hash);
    };
    const software = async (name: string) =>
      [name, await hashes(name, `${library} ${inputs} plan=${models}/${name}.plan device=software`)] as const;
    const cpu = async (name: string) => [name, await hashes(name, `- ${inputs}`)] as const;
    truths = {
      software: new Map(await Promise.all(names.map(software))),
      cpu: new Map(await Promise.all(names.map(cpu))),
    };
    for (const name of names) expect(truths.software.get(name)).to.have.length(inputs);
  });
  beforeEach(() => kernel.forget());
  after(() => kernel?.remove());

  const library = join(repository, 'build/Release/libptfe.so');
  const tflite = (): string => `${libraries}/libtensorflow-lite.so.2.14.1`;

  const run = (commands: string, variables: Readonly<Record<string, string>> = {}, on = kernel): Promise<Ran> =>
    runProgram(['sh', '-c', commands], {
      ROCKET_ROOT: on.root,
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      PTFE_CACHE: 'off',
      ...variables,
    });

  const seenOf = (name: string, text: string, dmesg: readonly string[]): Seen => {
    const console = [`${marks.scenario}${name}`, text, marks.kernel, ...dmesg].join('\n');
    const seen = scenariosOf(console).get(name);
    if (seen === undefined) throw new Error(text);
    return seen;
  };

  const command = (what: string, model: string, rounds: number, options = ''): string =>
    `host ${what} ${tflite()} ${models}/${model}.tflite ${library} ${rounds} plan=${models}/${model}.plan ${options}`;

  /** Runs, and nothing unexpected is in the kernel's log. */
  const see = async (
    commands: string,
    variables: Readonly<Record<string, string>> = {},
    log: readonly RegExp[] = [],
  ): Promise<Seen> => {
    const { text } = await run(commands, variables);
    const seen = seenOf('one', text, kernel.dmesg());
    const unexpected = seen.kernel.filter((line) => !log.some((pattern) => pattern.test(line)));
    expect(unexpected, text).to.deep.equal([]);
    return seen;
  };

  const expectNpu = (seen: Seen, model: string, count: number): void => {
    expect(seen.invokes.map(({ status }) => status)).to.deep.equal(Array.from({ length: count }, () => 0));
    for (const { hash, round, tasks } of seen.invokes) {
      expect(hash).to.equal(truths.software.get(model)?.[round % inputs]);
      expect(tasks).to.be.greaterThan(0);
    }
  };

  describe('scenarios of the real driver', () => {
    const native = (text: string): string =>
      text
        .replaceAll('/usr/lib/aarch64-linux-gnu/libtensorflow-lite.so.2.14.1', tflite())
        .replaceAll('/usr/lib/libptfe.so', library)
        .replaceAll('/m/', `${models}/`)
        .replaceAll('LD_PRELOAD=/bin/count.so ', '')
        .replaceAll(/\/dev\/(?=accel|away)/g, `${kernel.root}/dev/`);
    const tried = (scenario: Scenario): void => {
      it(scenario.name, async () => {
        const { text } = await run(scenario.commands.map(native).join('\n'));
        const { wrong } = judge(scenario, seenOf(scenario.name, text, kernel.dmesg()), truths);
        expect(wrong, text).to.equal(null);
      });
    };
    stock.forEach(tried);
  });

  describe('calls of the driver', () => {
    const trace = { ROCKET_TRACE: '1' };

    for (const [model, jobs, files] of [
      ['digits_int8', 1, 1],
      [small, 1, 1],
      ['host_step', 2, 1],
      ['three_cores', 7, 3],
    ] as const) {
      it(`${model}: ${jobs} of FINI, SUBMIT, PREP an invoke, and no other ioctl`, async () => {
        const seen = await see(command('run', model, 3, 'device=npu'), trace);
        expectNpu(seen, model, 3);
        for (const { ioctls } of seen.invokes)
          expect(ioctls).to.include({ create: 0, submit: jobs, prep: jobs, fini: jobs, bytes: 0 });
        for (const job of kernel.jobs()) {
          const all = [...job.in, ...job.out];
          expect(new Set(all.map(({ handle }) => handle)).size, 'none twice').to.equal(all.length);
          expect(
            job.in.filter(({ written }) => written),
            'what is written stands in out',
          ).to.deep.equal([]);
          expect(
            job.out.every(({ written }) => written),
            'what stands in out is written',
          ).to.equal(true);
          expect(job.unlisted, 'all that is written is listed').to.equal(false);
          expect(
            all.every(({ iova }) => iova > 0),
            'address 0 is the guard',
          ).to.equal(true);
        }
        const [left] = kernel.left();
        expect(left).to.include({ files, bos: files, mapped: 0, submit: 3 * jobs });
      });
    }

    it('an older kernel, whose PREP returns what was left of the time', async () => {
      expectNpu(await see(command('run', small, 2, 'device=npu'), { ROCKET_OLD: '1' }), small, 2);
    });

    it('the profile says who computed, also behind a run that was repeated', async () => {
      const file = join(folder, 'profile.json');
      const seen = await see(command('run', small, 2, `device=npu profile=${file}`), { DROP_SUBMIT: '1' });
      expectNpu(seen, small, 2);
      expect(seen.said.join('\n')).to.match(/2 runs of \d+ operations; us: the NPU/);
      const { slices: spans, tasks } = readTrace(readFileSync(file, 'utf8'));
      expect(tasks.length).to.be.greaterThan(0);
      let last = 0;
      for (const { ts, dur } of spans) {
        expect(ts).to.be.at.least(last - 1);
        last = ts + dur;
      }
    });

    it('a storm of signals: every call is interrupted before it is done', async () => {
      const seen = await see(command('run', small, 2, 'device=npu'), { ROCKET_EINTR: '25' });
      expectNpu(seen, small, 2);
      expect(seen.said).to.deep.equal([]);
    });
  });

  describe('files and BOs', () => {
    it('interpreters at once have a file each, up to 16; the next ones take those again', async () => {
      for (const [count, files] of [
        [2, 2],
        [16, 16],
        [19, 16],
      ] as const) {
        kernel.forget();
        const seen = await see(command('many', small, count, 'device=npu'), { ROCKET_TRACE: '1' });
        expectNpu(seen, small, 2 * count);
        expect(new Set(kernel.jobs().map(({ file }) => file)).size).to.equal(files);
        // none is closed, and only the guards are left
        expect(kernel.left()[0]).to.include({ files, bos: files, mapped: 0 });
      }
    });

    it('500 rounds of create, invoke and destroy: neither files nor BOs nor memory grow', async () => {
      const seen = await see(command('cycle', small, 500, 'device=npu'));
      expectNpu(seen, small, 500);
      const [left] = kernel.left();
      expect(left).to.include({ files: 1, bos: 1, mapped: 0, mostBos: 4, create: 1 + 3 * 500, close: 3 * 500 });
      const [early = 0, late = Infinity] = [seen.prepares[100]?.resident, seen.prepares[499]?.resident];
      expect(late - early, 'KiB').to.be.lessThan(512);
    });

    it('the library stays when its host closes it: the pool of files is in it', () => {
      const { status, stdout } = spawnSync('readelf', ['-d', library], { encoding: 'utf8' });
      expect([status, stdout]).to.satisfy(
        ([code, text]: readonly [number, string]) => code === 0 && /NODELETE/.test(text),
      );
    });

    it('a process does not end within 5 ms behind its last job', async () => {
      for (let i = 0; i < 5; i++) await see(command('run', small, 1, 'device=npu'));
      const quiet = 5_000_000;
      const waits = kernel.waits();
      // TFLite's own end is mostly quicker than that
      expect(waits.length).to.be.greaterThan(0);
      for (const { since, slept } of waits) {
        expect(since + slept).to.be.at.least(quiet);
        expect(slept).to.be.at.most(quiet);
      }
    });

    it('a forked child has a file of its own', async () => {
      const seen = await see(command('fork', small, 1, 'device=npu'));
      expectNpu(seen, small, 3);
      expect(seen.said).to.deep.equal([]);
      // the child's first; the parent's guard is not counted there
      expect(kernel.left()).to.have.length(2);
      for (const left of kernel.left()) expect(left).to.include({ files: 1, bos: 1, mapped: 0 });
    });
  });

  describe('which device', () => {
    const { core, tree, loaded, node } = pieces;
    const three = (chip: string): Board['files'] => ({ ...core(0, chip), ...core(1, chip), ...core(2, chip) });
    const cases: readonly (readonly [string, Board, RegExp, 'npu' | 'cpu' | 'software'])[] = [
      ['a board', board, /^$/, 'npu'],
      [
        'another accelerator is node 0',
        { files: { ...board.files, '/dev/accel/accel0': 'ethosu', '/dev/accel/accel3': 'rocket' } },
        /^$/,
        'npu',
      ],
      ['a container without the device tree', { files: { ...loaded, ...three('rk3588'), ...node } }, /^$/, 'npu'],
      ['the drivers cannot be read', { files: { ...loaded, ...tree('rk3588'), ...node } }, /^$/, 'npu'],
      [
        'no node',
        { files: { ...loaded, ...three('rk3588'), ...tree('rk3588') } },
        /--device \/dev\/accel\/accel0/,
        'cpu',
      ],
      ['no permission', { ...board, locked: ['/dev/accel/accel0'] }, /no permission.*group/, 'cpu'],
      ['no module', { files: tree('rk3588') }, /modprobe rocket.*6\.18/, 'cpu'],
      ['no module on an RK3588S', { files: tree('rk3588s') }, /modprobe rocket/, 'cpu'],
      ['no core', { files: { ...loaded, ...tree('rk3588') } }, /found no core.*disabled.*okay/, 'cpu'],
      [
        'an RK3576',
        { files: { ...loaded, ...three('rk3576'), ...tree('rk3576'), ...node } },
        /the chip is rk3576/,
        'cpu',
      ],
      [
        'a driver built into the kernel, without a core',
        { files: { '/sys/bus/platform/drivers/rocket/bind': '', ...tree('rk3588') } },
        /found no core/,
        'cpu',
      ],
      ['an RK3399', { files: tree('rk3399') }, /the chip is rk3399/, 'cpu'],
      ['an RK3566 without a driver', { files: tree('rk3566') }, /the chip is rk3566/, 'cpu'],
      ['a driver, and no word of the chip', { files: node }, /nothing tells which chip/, 'cpu'],
      [
        'only another accelerator',
        { files: { '/dev/accel/accel0': 'ethosu' } },
        /no NPU on this machine|no Rockchip NPU/,
        'software',
      ],
      ['a PC', { files: {} }, /no NPU on this machine|no Rockchip NPU/, 'software'],
    ];
    const onBoard = async (what: Board, options: string, model: string = small): Promise<Seen> => {
      const here = new PretendedBoard(what);
      try {
        const { text } = await run(command('run', model, 1, options), {}, here);
        return seenOf('board', text, here.dmesg());
      } finally {
        here.remove();
      }
    };
    for (const [name, what, reason, expected] of cases) {
      it(`${name}: ${expected}`, async () => {
        const values = (seen: Seen): string | undefined => seen.invokes[0]?.hash;
        const own = (by: 'software' | 'cpu'): string | undefined => truths[by].get(small)?.[0];
        const auto = await onBoard(what, '');
        expect(auto.said.join('\n')).to.match(reason);
        expect(auto.said).to.have.length(expected === 'npu' ? 0 : 1);
        expect(values(auto)).to.equal(own(expected === 'cpu' ? 'cpu' : 'software'));
        expect((auto.invokes[0]?.tasks ?? 0) > 0).to.equal(expected === 'npu');
        const npu = await onBoard(what, 'device=npu');
        if (expected === 'npu') expect(npu.invokes[0]?.tasks).to.be.greaterThan(0);
        else {
          expect(npu.prepares[0]?.status).to.equal(-1);
          expect([...npu.said, ...npu.other].join('\n'))
            .to.match(/device=npu: /)
            .and.to.match(reason);
        }
        const software = await onBoard(what, 'device=software');
        expect([values(software), software.invokes[0]?.tasks, software.said]).to.deep.equal([own('software'), 0, []]);
        const none = await onBoard(what, 'device=none');
        expect([values(none), none.invokes[0]?.tasks, none.said]).to.deep.equal([own('cpu'), 0, []]);
      });
    }

    it('the line comes once a process', async () => {
      const here = new PretendedBoard({ files: {} });
      const { text } = await run(command('cycle', small, 3), {}, here);
      here.remove();
      expect(seenOf('once', text, []).said).to.have.length(1);
    });
  });

  describe('faults', () => {
    const timeOut = { ROCKET_LIMIT_MS: '40', PTFE_TEST_JOB_LIMIT_MS: '40' };
    const mode = (number: number, count: number, milliseconds = 0): string =>
      `host mode ${number} ${milliseconds} ${count}`;
    const values = ({ invokes }: Seen): readonly string[] =>
      invokes.map(({ hash, round }) =>
        hash === truths.software.get(small)?.[round % inputs]
          ? 'npu'
          : hash === truths.cpu.get(small)?.[round % inputs]
            ? 'cpu'
            : 'wrong',
      );

    it('dropped once: once more, and nobody needs to know', async () => {
      const cases = [[small, ['1', '2', '3']] as const, ['three_cores', ['1', '2', '3', '4', '6', '7']] as const];
      for (const [model, ats] of cases) {
        for (const at of ats) {
          const seen = await see(command('run', model, 3, 'device=npu'), { DROP_SUBMIT: at });
          expectNpu(seen, small, 3);
          expect(seen.said).to.deep.equal([]);
        }
      }
    });

    it('on one of three cores: what the others do is waited for, and no value is wrong', async () => {
      const on = (wrongs: string, variables: Readonly<Record<string, string>>, log: readonly RegExp[] = []) =>
        see(`${wrongs}; ${command('run', 'three_cores', 4, 'device=npu')}`, variables, log);
      const late = await on(mode(3, 1, 10), timeOut, [/NPU job timed out/]);
      const unwritten = await on(mode(2, 1), {});
      const stuck = await on(mode(1, 1), { PTFE_TEST_JOB_LIMIT_MS: '5', ROCKET_STUCK: '1' });
      for (const seen of [late, unwritten, stuck]) {
        expect(values(seen)).to.have.length(4).and.not.include('wrong');
        expect(seen.invokes.map(({ status }) => status)).to.deep.equal([0, 0, 0, 0]);
      }
      expect(stuck.said.filter((line) => line.includes('PREP_BO'))).to.have.length(1);
      expect(kernel.left().at(-1)?.bos, 'the BOs of the stuck job stay').to.be.greaterThan(3);
    });

    it('dropped always: a line each, and after three in a row the NPU is left alone', async () => {
      const seen = await see(command('run', small, 6, 'device=npu'), { DROP_SUBMIT: 'all' });
      expect(seen.invokes.map(({ status }) => status)).to.deep.equal([0, 0, 0, 0, 0, 0]);
      expect(seen.invokes.map(({ hash, round }) => hash === truths.cpu.get(small)?.[round % inputs])).to.not.include(
        false,
      );
      expect(seen.invokes.map(({ ioctls }) => ioctls?.submit)).to.deep.equal([2, 2, 2, 0, 0, 0]);
      expect(seen.said).to.have.length(3);
      expect(seen.said[0]).to.match(/this invoke of \d+ nodes is done by TFLite's kernels: .*dropped the job/);
      expect(seen.said[2]).to.match(/goes on with TFLite's kernels: .*dropped the job/);
      expect(kernel.left()[0]).to.include({ bos: 1, mapped: 0 });
    });

    it('a job that passes the limit: its values are not believed', async () => {
      const late = `${mode(3, 0, 10)}; ${command('run', small, 4, 'device=npu')}`;
      const seen = await see(late, timeOut, [/NPU job timed out/]);
      expect(values(seen)).to.not.include('wrong');
      expect(seen.said.length).to.equal(3);
      expect(seen.said[0]).to.match(/a job took \d+ ms/);
    });

    it('slow, but below the limit of the kernel', async () => {
      const seen = await see(`${mode(3, 0, 2)}; ${command('run', small, 2, 'device=npu')}`, {});
      expectNpu(seen, small, 2);
    });

    it('a task that ends without a write: the atom of the last one shows it', async () => {
      const seen = await see(`${mode(2, 0)}; ${command('run', small, 2, 'device=npu')}`);
      expect(values(seen)).to.not.include('wrong');
      expect(seen.said).to.have.length(2);
      expect(seen.said[0]).to.match(/dropped the job/);
    });

    it('PREP that times out: the file is set aside for good', async () => {
      const both = `${mode(1, 1)}; ${command('cycle', small, 3, 'device=npu')}`;
      const seen = await see(both, { PTFE_TEST_JOB_LIMIT_MS: '5', ROCKET_STUCK: '1', ROCKET_TRACE: '1' });
      expect(values(seen)).to.not.include('wrong');
      expect(seen.said.filter((line) => line.includes('PREP_BO')).length).to.be.greaterThan(0);
      const [first, ...later] = kernel.jobs().map(({ file }) => file);
      expect(later).to.not.include(first);
      expect(kernel.left()[0]?.bos, 'the BOs of the stuck job stay').to.be.greaterThan(3);
    });

    it('who shares a file that was set aside goes on without the NPU, and does not wait', async () => {
      const both = `${mode(1, 1)}; ${command('many', small, 19, 'device=npu')}`;
      const seen = await see(both, { PTFE_TEST_JOB_LIMIT_MS: '5', ROCKET_STUCK: '1' });
      expect(values(seen)).to.not.include('wrong');
      expect(seen.invokes.map(({ status }) => status)).to.deep.equal(Array.from({ length: 38 }, () => 0));
      const lines = (what: string): number => seen.said.filter((line) => line.includes(what)).length;
      expect([lines('PREP_BO'), lines("another job of the NPU's file did not end"), seen.said.length]).to.deep.equal([
        3, 3, 6,
      ]);
    });

    it('the driver is unbound between two invokes: no call reaches it any more', async () => {
      const drivers = `${kernel.root}/sys/bus/platform/drivers/rocket`;
      const unbind = `while read core; do rm -r ${drivers}/$core; done`;
      const here = new PretendedBoard(board);
      const at = (commands: string): string => commands.replaceAll(kernel.root, here.root);
      try {
        const host = command('unbind', small, 4, 'device=npu');
        const commands = `mkfifo ${drivers}/unbind; { ${unbind}; } <> ${drivers}/unbind & ${host}; kill $!`;
        const { text } = await run(at(commands), {}, here);
        const seen = seenOf('unbound', text, here.dmesg());
        expect(values(seen), text).to.have.length(4).and.not.include('wrong');
        expect(seen.invokes.map(({ ioctls }) => ioctls?.submit)).to.deep.equal([1, 1, 0, 0]);
        expect(seen.said).to.have.length(1);
        expect(seen.said[0]).to.match(/goes on with TFLite's kernels: the NPU's driver was unbound/);
      } finally {
        here.remove();
      }
    });

    for (const [call, text] of [
      ['submit', 'SUBMIT'],
      ['prep', 'PREP_BO'],
      ['fini', 'FINI_BO'],
    ] as const) {
      it(`${text}: the device is gone`, async () => {
        for (const errno of [5, 19]) {
          const from = call === 'fini' ? 5 : 2; // three at the start, one an invoke
          const seen = await see(command('run', small, 3, 'device=npu'), {
            ROCKET_FAIL: `${call}:${from}:${errno}:1000`,
          });
          expect(values(seen)).to.not.include('wrong');
          expect(seen.invokes.map(({ ioctls }) => ioctls?.submit)[2]).to.equal(0);
          expect(seen.said.join('\n')).to.match(new RegExp(`goes on with TFLite's kernels: .*${text}`));
          expect(seen.said).to.have.length(1);
        }
      });
    }
  });

  describe('the n-th call fails, each n', () => {
    for (const [call, errno, least, model] of [
      ['open', 13, 3, small],
      ['open', 24, 3, small],
      ['ioctl', 5, 10, small],
      ['ioctl', 12, 10, small],
      ['mmap', 12, 3, small],
      ['open', 24, 3, 'three_cores'],
      ['ioctl', 5, 40, 'three_cores'],
      ['mmap', 12, 9, 'three_cores'],
    ] as const) {
      it(`${call}, errno ${errno}, ${model}`, async () => {
        let all = 0;
        for (let n = 1; n === 1 || all >= n - 1; n++) {
          kernel.forget();
          const { text, signal } = await run(command('run', model, 2), { ROCKET_FAIL: `${call}:${n}:${errno}` });
          const seen = seenOf('nth', text, kernel.dmesg());
          const where = `${call} ${n}: ${text}`;
          expect(signal, where).to.equal(null);
          expect(
            seen.invokes.map(({ status }) => status),
            where,
          ).to.deep.equal([0, 0]);
          for (const { hash, round } of seen.invokes)
            expect([truths.software.get(small)?.[round], truths.cpu.get(small)?.[round]], where).to.include(hash);
          expect(seen.said.length, where).to.be.at.most(1);
          expect(seen.kernel, where).to.deep.equal([]);
          // what a PREP that failed may still run on is set aside
          const kept = text.includes('PREP_BO') ? (model === small ? [3] : [3, 4, 5]) : [0];
          for (const { bos, files, mapped } of kernel.left()) {
            expect(bos - files, where).to.equal(mapped);
            expect(kept, where).to.include(mapped);
          }
          all = kernel.calls();
          expect(n).to.be.lessThan(200);
        }
        expect(all).to.be.at.least(least);
      });
    }
  });
});
