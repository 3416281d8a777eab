/**
 * `npm run test:kernel`: ptfe's delegate, as released for boards, through Linux's own rocket driver in QEMU, with the software
 * NPU as the hardware. What cannot be had here is one line "test:kernel skipped: REASON", and no failure.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/python.js';
import { type Bed, setUpBed } from './bed.js';
import { type Boot, bootGuest, type GuestFiles } from './guest.js';
import { judge, type Outcome } from './judge.js';
import { marks, scenariosOf } from './lines.js';
import { prepareLadder, prepareModels, type TestedModel } from './models.js';
import { CannotSetUp } from './process.js';
import { buildPrograms, type Programs } from './programs.js';
import {
  inputs,
  patient,
  type Scenario,
  selftest,
  small,
  stock,
  type Truths,
  unseen,
  wholeModels,
} from './scenarios.js';
import { truthOf } from './truths.js';

const started = Date.now();
const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(0)} s`;
const folder = join(repository, 'build/kernel');

const commandsOf = ({ name, commands }: Scenario): readonly string[] => [
  `echo; echo "${marks.scenario}${name}"`,
  ...commands.map((command) => `${command} 2>&1`),
  `sleep 0.2; echo "${marks.kernel}"; dmesg -c`,
];

const bootAll = async (
  bed: Bed,
  files: GuestFiles,
  programs: Programs,
  module: Boot['module'],
  scenarios: readonly Scenario[],
  truths: Truths,
): Promise<readonly Outcome[]> => {
  const limit = module === 'rocket-30s' ? ['export PTFE_TEST_JOB_LIMIT_MS=30000'] : [];
  const commands = [...limit, 'dmesg -c > /tmp/boot', ...scenarios.flatMap(commandsOf)];
  const result = await bootGuest(bed, files, programs.server, { module, commands, seconds: 420 });
  writeFileSync(join(folder, `${module}.log`), `${result.console}\n--- NPU\n${result.npu}`);
  const seen = scenariosOf(result.console);
  return scenarios.map((scenario) => judge(scenario, seen.get(scenario.name), truths));
};

const truthsOf = (programs: Programs, models: readonly TestedModel[]): Truths => {
  const of = ({ name, model }: TestedModel, plan: string | null) =>
    [name, truthOf(programs, { model, rounds: inputs, plan })] as const;
  return {
    software: new Map(models.map((tested) => of(tested, tested.plan))),
    cpu: new Map(models.filter(({ name }) => name === small).map((tested) => of(tested, null))),
  };
};

const row = ({ scenario, seen, wrong, remark }: Outcome): string => {
  const invokes = seen?.invokes ?? [];
  const last = invokes.at(-1);
  const tasks = invokes.reduce((sum, invoke) => sum + invoke.tasks, 0);
  const resets = invokes.reduce((sum, invoke) => sum + invoke.resets, 0);
  const ioctls = last?.ioctls ?? null;
  const calls =
    ioctls === null
      ? ''
      : `${ioctls.fini} FINI ${ioctls.submit} SUBMIT ${ioctls.prep} PREP, ${ioctls.synced} bytes synced`;
  const cells = [
    wrong === null ? 'ok' : 'WRONG',
    scenario.name,
    `${invokes.length} invokes`,
    `${tasks} tasks`,
    resets > 0 ? `${resets} resets` : '',
    last === undefined ? '' : `${last.cpu.toFixed(1)} ms CPU`,
    calls,
    `${seen?.said.length ?? 0} lines`,
    wrong ?? remark,
  ];
  return `| ${cells.join(' | ')} |`;
};

const main = async (): Promise<number> => {
  const bed = setUpBed();
  console.log(`test:kernel: Linux ${bed.kernel}, the bed is ready (${seconds()})`);
  mkdirSync(folder, { recursive: true });
  const programs = buildPrograms();
  const models = prepareModels(wholeModels, join(folder, 'models'));
  const truths = truthsOf(programs, models);
  console.log(`test:kernel: ${models.length} models compiled, their values known (${seconds()})`);
  const rungs = prepareLadder(join(folder, 'ladder'));
  const files = (wanted: readonly TestedModel[], more: readonly string[] = []): GuestFiles => ({
    sysroot: programs.sysroot,
    library: programs.library,
    programs: [programs.host, programs.count, programs.answers, programs.ladder],
    models: [...wanted.flatMap(({ model, plan }) => [model, plan]), ...more],
  });
  const isHere = (name: string): boolean => models.some((model) => name.endsWith(model.name));
  const few = models.filter(({ name }) => name === small);
  const outcomes = [
    ...(await bootAll(
      bed,
      files(models, rungs),
      programs,
      'rocket-30s',
      [selftest, ...patient.filter(({ name }) => isHere(name))],
      truths,
    )),
    ...(few.length === 0 ? [] : await bootAll(bed, files(few), programs, 'rocket', [...stock, ...unseen], truths)),
  ];
  for (const outcome of outcomes) console.log(row(outcome));
  for (const { scenario, seen } of outcomes.filter(({ wrong }) => wrong !== null)) {
    console.log(`--- ${scenario.name}`);
    for (const line of [...(seen?.said ?? []), ...(seen?.other ?? []), ...(seen?.kernel ?? [])])
      console.log(`    ${line}`);
  }
  const failed = outcomes.filter(({ wrong }) => wrong !== null).length;
  console.log(`test:kernel: ${seconds()}; consoles of the guests: build/kernel/*.log`);
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CannotSetUp)) throw error;
  console.log(`test:kernel skipped: ${error.message}`);
}
