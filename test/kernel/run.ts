/**
 * `npm run test:kernel`: ptfe's delegate, as released for boards, through Linux's own rocket driver in QEMU, with the software
 * NPU as the hardware. What cannot be had here is one line "test:kernel skipped: REASON", and no failure.
 *   --only TEXT      scenarios whose name has the text; several times: any of them
 *   --repeat N       all of them N times
 *   --append TEXT    more of the kernel's command line, such as slab_debug=FZPU, which shows a use of freed memory
 *   --seconds N      the whole, set-up and all (480); what there was no time for is skipped
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../host/repository.js';
import { setUpBed } from './bed.js';
import { runScenarios, skipAll } from './boots.js';
import type { GuestFiles } from './guest.js';
import { nodeFiles } from './guest_node.js';
import type { Outcome } from './judge.js';
import { prepareLadder, prepareModels, type TestedModel } from './models.js';
import { CannotSetUp } from '../host/process.js';
import { buildPrograms, type Programs } from './programs.js';
import {
  firstHour,
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
import { row } from './table.js';
import { truthOf } from './truths.js';

const started = Date.now();
const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(0)} s`;
const folder = join(repository, 'build/kernel');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    repeat: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '480' },
    append: { type: 'string', default: '' },
  },
});

const chosen = (scenarios: readonly Scenario[]): readonly Scenario[] => {
  const some = scenarios.filter(
    ({ name }) => options.only.length === 0 || options.only.some((text) => name.includes(text)),
  );
  return Array.from({ length: Number(options.repeat) }, (_, round) =>
    some.map((scenario) => (round === 0 ? scenario : { ...scenario, name: `${scenario.name} (${round + 1})` })),
  ).flat();
};

/** What runs on three cores is held against the values of one. */
const needs = ({ commands }: Scenario, model: string): boolean =>
  commands.some((command) =>
    [model, ...(model === small ? ['three_cores'] : [])].some((name) => command.includes(`/m/${name}.`)),
  );

const truthsOf = (programs: Programs, models: readonly TestedModel[]): Truths => {
  const of = ({ name, model }: TestedModel, plan: string | null) =>
    [name, truthOf(programs, { model, rounds: inputs, plan })] as const;
  return {
    software: new Map(models.map((tested) => of(tested, tested.plan))),
    cpu: new Map(models.filter(({ name }) => name === small).map((tested) => of(tested, null))),
  };
};

const main = async (): Promise<number> => {
  const until = started + Number(options.seconds) * 1000;
  const bed = setUpBed(until);
  console.log(`test:kernel: Linux ${bed.kernel}, the bed is ready (${seconds()})`);
  mkdirSync(folder, { recursive: true });
  const programs = buildPrograms(until);
  const first = chosen([selftest, ...patient]);
  const second = chosen([...stock, ...unseen]);
  const needed = wholeModels.filter((model) => [...first, ...second].some((scenario) => needs(scenario, model)));
  const models = prepareModels(needed, join(folder, 'models'));
  const truths = truthsOf(programs, models);
  console.log(`test:kernel: ${models.length} models compiled, their values known (${seconds()})`);
  const rungs = first.some(({ name }) => name.startsWith(selftest.name)) ? prepareLadder(join(folder, 'ladder')) : [];
  const files: GuestFiles = {
    sysroot: programs.sysroot,
    folders: {
      bin: [programs.host, programs.count, programs.answers, programs.limit, programs.ladder],
      'usr/lib': [programs.library],
      'usr/lib/teflon': [join(programs.sysroot, 'usr/lib/teflon/libteflon.so')],
      m: [...models.flatMap(({ model, plan }) => [model, plan]), ...rungs],
    },
  };
  const isHere = (scenario: Scenario): boolean =>
    wholeModels.every((model) => !needs(scenario, model) || models.some(({ name }) => name === model));
  const place = { bed, server: programs.server, truths, append: options.append, until };
  const groups = [
    { name: 'whole', module: 'rocket-30s', scenarios: first.filter(isHere), files: () => files },
    { name: 'stock', module: 'rocket', scenarios: second.filter(isHere), files: () => files },
    {
      name: 'node',
      module: 'rocket-30s',
      scenarios: chosen(firstHour),
      files: () => nodeFiles(programs, folder, until),
    },
  ] as const;
  const outcomes: Outcome[] = [];
  for (const { name, module, scenarios, files: filesOf } of groups) {
    if (scenarios.length === 0) continue;
    try {
      const log = join(folder, `${name}.log`);
      outcomes.push(...(await runScenarios({ ...place, files: filesOf(), module, log }, scenarios)));
    } catch (error) {
      // What was seen before is not lost.
      if (!(error instanceof CannotSetUp) || outcomes.length === 0) throw error;
      outcomes.push(...skipAll(scenarios, error.message));
    }
  }
  for (const outcome of outcomes) console.log(row(outcome));
  for (const { scenario, seen, wrong } of outcomes.filter((outcome) => outcome.wrong !== null)) {
    console.log(`--- ${scenario.name}: ${wrong ?? ''}`);
    for (const line of [...(seen?.said ?? []), ...(seen?.other ?? []), ...(seen?.kernel ?? [])])
      console.log(`    ${line}`);
  }
  const failed = outcomes.filter(({ wrong }) => wrong !== null).length;
  const skipped = outcomes.filter((outcome) => outcome.skipped !== null).length;
  console.log(`test:kernel: ${seconds()}; consoles of the guests: build/kernel/*.log`);
  console.log(`${outcomes.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CannotSetUp)) throw error;
  console.log(`test:kernel skipped: ${error.message}`);
}
