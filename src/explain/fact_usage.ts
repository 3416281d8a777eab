/** How much of compiled models rests on each fact of the hardware: ops, tasks and values, by the tasks' words. */
import { at } from '../in_range.js';
import { type Fact, facts, type Support } from '../hardware/facts.js';
import type { Plan } from '../plan/format.js';
import type { ProgramTask } from './program.js';
import { programOfPlan } from './plan_program.js';
import { decode, type DecodedWrite } from './decode.js';
import { type FieldOf, taskFacts, taskValues, type TaskWords } from './task_facts.js';

export interface FactUsage extends Fact {
  readonly ops: number;
  readonly tasks: number;
  /** Output values of those tasks. */
  readonly valueCount: number;
}

/** `ties`: nothing speaks for a rounding of exact halves, and something for all else. */
export type Standing = Support | 'ties';

export interface Usage {
  readonly facts: readonly FactUsage[];
  readonly tasks: number;
  /** Tasks that rest on none that nothing speaks for. */
  readonly certain: number;
  readonly valueCount: number;
  /** Tasks by what speaks for the weakest fact that they rest on; silicon: also those that rest on none. */
  readonly weakest: Readonly<Record<Standing, number>>;
}

/** By block and register. */
type Registers = ReadonlyMap<string, DecodedWrite>;

const keyOf = ({ block, register }: DecodedWrite): string => `${block}.${register}`;

const fieldIn =
  (registers: Registers): FieldOf =>
  (block, register, name) => {
    const found = registers.get(`${block}.${register}`)?.fields.find((field) => field.name === name);
    return found === undefined ? 0 : found.value;
  };

/** What is written through them is no state of a task. */
const ports: ReadonlySet<string> = new Set(['DPU.LUT_ACCESS_CFG', 'DPU.LUT_ACCESS_DATA']);

/** The registers that each task executes: its own, and those of its group from two tasks earlier. */
export const wordsOfTasks = (tasks: readonly ProgramTask[]): readonly TaskWords[] => {
  const groups = new Map<string, readonly [Registers, Registers]>();
  return tasks.map(({ words }) => {
    const decoded = words.map((word) => decode(word, 'rk3588'));
    const start = decoded.findLast((one) => one.kind === 'start');
    const blocks = new Set(start?.kind === 'start' ? start.blocks : []);
    const written = decoded.flatMap((one) => (one.kind === 'write' ? [one] : []));
    const all = new Map<string, DecodedWrite>();
    let held = false;
    for (const block of blocks) {
      const [next, after] = groups.get(block) ?? [new Map<string, DecodedWrite>(), new Map<string, DecodedWrite>()];
      const own = new Map(written.filter((one) => one.block === block).map((one) => [keyOf(one), one]));
      held ||= [...next.keys()].some((key) => !own.has(key) && !ports.has(key));
      const now = new Map([...next, ...own]);
      for (const [key, write] of now) all.set(key, write);
      groups.set(block, [after, now]);
    }
    return { field: fieldIn(all), blocks, held };
  });
};

const standings: readonly Standing[] = ['silicon', 'mesa', 'vendor', 'ties', 'none'];

const standingOf = ({ readings: [assumed], ties }: Fact): Standing =>
  ties && assumed.by === 'none' ? 'ties' : assumed.by;

interface CountedTask {
  readonly op: string;
  readonly facts: ReadonlySet<string>;
  readonly valueCount: number;
}

const countedTasks = (plan: Plan, index: number): readonly CountedTask[] =>
  wordsOfTasks(programOfPlan(plan, '').tasks).map((words, i) => ({
    op: `${index}:${at(plan.tasks, i).op}`,
    facts: new Set(taskFacts(words)),
    valueCount: taskValues(words),
  }));

const weakestOf = ({ facts: names }: CountedTask): Standing => {
  const found = facts.filter(({ name }) => names.has(name)).map(standingOf);
  return standings.findLast((standing) => found.includes(standing)) ?? 'silicon';
};

const total = (tasks: readonly CountedTask[]): number => tasks.reduce((sum, { valueCount }) => sum + valueCount, 0);

export const factUsage = (plans: readonly Plan[]): Usage => {
  const tasks = plans.flatMap(countedTasks);
  const weakest: Record<Standing, number> = { silicon: 0, mesa: 0, vendor: 0, ties: 0, none: 0 };
  for (const task of tasks) weakest[weakestOf(task)]++;
  return {
    tasks: tasks.length,
    certain: weakest.silicon + weakest.mesa + weakest.vendor,
    valueCount: total(tasks),
    weakest,
    facts: facts.map((fact) => {
      const own = tasks.filter((task) => task.facts.has(fact.name));
      return { ...fact, ops: new Set(own.map(({ op }) => op)).size, tasks: own.length, valueCount: total(own) };
    }),
  };
};
