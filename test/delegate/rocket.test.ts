import { expect } from 'chai';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../kernel/judge.js';
import { marks, scenariosOf, type Seen } from '../kernel/lines.js';
import { prepareModels } from '../kernel/models.js';
import { inputs, type Scenario, small, stock, type Truths } from '../kernel/scenarios.js';
import { repository } from '../host/python.js';
import { buildRocket, type Built, PretendedBoard, type Ran, runProgram } from '../host/rocket.js';
import { debianSysroot } from '../host/sysroot.js';

/**
 * libptfe.so on the pretended rocket driver, natively: a real TFLite (Debian's C library) and the programs and scenarios of
 * `npm run test:kernel`, so that what the pretended driver answers stays what the real one does.
 */
describe('device=npu on a pretended kernel', function () {
  this.timeout(120_000);
  const names = ['digits_int8', small, 'host_step'] as const;
  const folder = join(repository, 'build/rocket');
  const models = join(folder, 'models');
  let built: Built;
  let libraries: string;
  let kernel: PretendedBoard;
  let truths: Truths;

  before(async function () {
    const why = buildRocket();
    const sysroot = debianSysroot('x86_64', 'sid', 'amd64', ['libtensorflow-lite2.14.1']);
    if (process.arch !== 'x64' || typeof why === 'string' || 'why' in sysroot) {
      console.log(`    skipped: ${typeof why === 'string' ? why : 'why' in sysroot ? sysroot.why : process.arch}`);
      return this.skip();
    }
    built = why;
    libraries = join(sysroot.folder, 'usr/lib/x86_64-linux-gnu');
    if (prepareModels(names, models).length !== names.length) return this.skip(); // no shared models here
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const loader = `${libraries}/ld-linux-x86-64.so.2 --library-path ${libraries}`;
    writeFileSync(join(folder, 'bin/host'), `#!/bin/sh\nexec ${loader} --preload ${built.driver} ${built.host} "$@"\n`);
    chmodSync(join(folder, 'bin/host'), 0o755);
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
});
