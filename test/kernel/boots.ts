/** Scenarios in guests: one after the other in one boot; behind one that took the guest with it, the rest in a new one. */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Bed } from './bed.js';
import { bootGuest, type Boot, type BootResult, type GuestFiles, type Step } from './guest.js';
import { judge, type Outcome } from './judge.js';
import { scenariosOf } from './lines.js';
import type { Scenario, Truths } from './scenarios.js';

export interface Place {
  readonly bed: Bed;
  readonly files: GuestFiles;
  readonly server: string;
  readonly module: Boot['module'];
  readonly truths: Truths;
  /** More of the kernel's command line. */
  readonly append: string;
  /** Date.now() at which all must have ended. */
  readonly until: number;
  /** File for the guests' consoles. */
  readonly log: string;
}

/** With the long time limit a job alone may take 30 s before the driver ends it. */
const stall = { 'rocket-30s': 50, rocket: 25 } as const;
const most = 120;

const environment = { 'rocket-30s': ['PTFE_TEST_JOB_LIMIT_MS=30000'], rocket: [] } as const;

const stepOf = ({ name, commands }: Scenario, module: Boot['module']): Step => ({
  name,
  commands,
  stall: stall[module],
  most,
});

const lastLine = (text: string): string => text.split('\n').findLast((line) => line.trim() !== '') ?? '';

/** Why the scenario during which a guest ended is no good. */
const endings = {
  frozen: 'the guest froze in it: not even its clock says anything (build/kernel/*.log)',
  stuck: 'its processes cannot be killed',
  died: 'the guest ended in it by itself',
} as const;

/** How the scenario ended that was the last in a guest. */
const endOf = ({ ended }: BootResult, ranOut: boolean): keyof typeof endings | 'well' | 'time' =>
  ended === 'cut' ? (ranOut ? 'time' : 'died') : ended;

const outOfTime = (scenario: Scenario): Outcome => ({
  ...judge(scenario, undefined, { software: new Map(), cpu: new Map() }),
  skipped: 'no time was left for it',
});

/** A guest that was set up and does not start is a fault: the first of its scenarios tells it. */
const noStart = (scenarios: readonly Scenario[], said: string): readonly Outcome[] =>
  scenarios.map((scenario, i) => ({
    ...outOfTime(scenario),
    ...(i === 0
      ? { skipped: null, wrong: `the guest does not start: ${said}` }
      : { skipped: 'the guest does not start' }),
  }));

/** One boot. @returns how its scenarios ended, up to the one that ended the boot */
const bootOnce = async (place: Place, scenarios: readonly Scenario[]): Promise<readonly Outcome[]> => {
  const { bed, files, server, module, append, truths, until, log } = place;
  const steps = scenarios.map((one) => stepOf(one, module));
  const boot = { module, append, environment: environment[module], steps, until };
  const result = await bootGuest(bed, files, server, boot);
  appendFileSync(log, `${result.console}\n--- NPU\n${result.npu}\n`);
  const seen = scenariosOf(result.console);
  const last = scenarios.findLastIndex(({ name }) => seen.has(name));
  const end = endOf(result, Date.now() >= until);
  if (last < 0 && end !== 'time') return noStart(scenarios, lastLine(result.console));
  return scenarios.slice(0, last + 1).map((scenario, i): Outcome => {
    const outcome = judge(scenario, seen.get(scenario.name), truths, result.starvation.get(scenario.name));
    if (i < last || end === 'well') return outcome;
    if (end === 'time') return outOfTime(scenario);
    return {
      ...outcome,
      skipped: null,
      wrong: [endings[end], outcome.wrong].filter((text) => text !== null).join('; '),
    };
  });
};

/** Those that may share a guest with the first of them. */
const together = (scenarios: readonly Scenario[]): readonly Scenario[] => {
  const harmful = scenarios.findIndex(({ isHarmful }) => isHarmful);
  return harmful < 0 ? scenarios : scenarios.slice(0, Math.max(1, harmful));
};

const runAll = async (place: Place, scenarios: readonly Scenario[]): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  while (outcomes.length < scenarios.length && Date.now() < place.until) {
    const ended = await bootOnce(place, together(scenarios.slice(outcomes.length)));
    if (ended.length === 0) break;
    outcomes.push(...ended);
  }
  return [...outcomes, ...scenarios.slice(outcomes.length).map(outOfTime)];
};

/** Those for which the machine was too busy are tried once more. */
export const runScenarios = async (place: Place, scenarios: readonly Scenario[]): Promise<readonly Outcome[]> => {
  writeFileSync(place.log, '');
  const outcomes = await runAll(place, scenarios);
  const again = outcomes.filter(({ wasBusy }) => wasBusy).map(({ scenario }) => scenario);
  if (again.length === 0) return outcomes;
  const second = new Map((await runAll(place, again)).map((outcome) => [outcome.scenario, outcome]));
  return outcomes.map((outcome) => {
    const other = second.get(outcome.scenario);
    // A second try that had no time is no news.
    return other === undefined || (other.skipped !== null && !other.wasBusy) ? outcome : other;
  });
};

/** For what cannot be had: a reason for each. */
export const skipAll = (scenarios: readonly Scenario[], why: string): readonly Outcome[] =>
  scenarios.map((scenario) => ({ ...outOfTime(scenario), skipped: why }));
