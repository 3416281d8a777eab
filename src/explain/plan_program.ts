/** A plan's tasks as a program: addresses are what the relocations say. */
import { at } from '../in_range.js';
import { PtfeError } from '../error.js';
import { chips } from '../hardware/chips.js';
import { commandAt, commandBytes } from '../hardware/command.js';
import type { Plan, PlanHost, PlanOp, PlanTensor } from '../plan/format.js';
import { type Program, type ProgramTask, type Reference, referenceText } from './program.js';

/** Names of BOs: their kind, with a number where there are several of it. */
export const bufferNames = ({ bos }: Plan): readonly string[] =>
  bos.map(({ kind }, i) => {
    const alike = bos.filter((other) => other.kind === kind).length;
    return alike === 1 ? kind : `${kind}${bos.slice(0, i).filter((other) => other.kind === kind).length}`;
  });

export const opTitle = ({ name, node, fusedNode }: PlanOp): string =>
  `${name} #${node}${fusedNode === null ? '' : `+#${fusedNode}`}`;

const tensorLine = ({ direction, tensor, type, shape }: PlanTensor, place: Reference): string =>
  `${direction.padEnd(3)} tensor ${tensor} ${type} ${shape.join('x')} at ${referenceText(place)}`;

const opLine = (op: PlanOp): string =>
  `op ${opTitle(op)}: ${op.taskCount} ${op.taskCount === 1 ? 'task' : 'tasks'}` +
  (op.facts.length === 0 ? '' : `, rests on ${op.facts.join(' ')}`);

const hostLine = ({ ops, tensors, jobs }: Plan, { op, beforeJob, kernel, input, output }: PlanHost): string => {
  const [from, to] = [input, output].map((tensor) => tensors[tensor]?.shape.join('x') ?? '');
  const when = beforeJob < jobs.length ? `before job ${beforeJob}` : 'behind the last job';
  return `host ${kernel} ${from ?? ''} to ${to ?? ''} ${when}, of ${ops[op] === undefined ? '' : opTitle(ops[op])}`;
};

/** By BO and word. */
type Addresses = ReadonlyMap<string, Reference>;
const wordKey = (bo: number, word: number): string => `${bo}:${word}`;

const addressesOf = (plan: Plan, names: readonly string[]): Addresses =>
  new Map(
    plan.relocations.map(({ bo, word, targetBo, addend }) => [
      wordKey(bo, word),
      { bo: names[targetBo] ?? '', offset: addend },
    ]),
  );

const taskOf = (plan: Plan, names: readonly string[], addresses: Addresses, index: number): ProgramTask | null => {
  const task = plan.tasks[index];
  if (task === undefined) return null;
  const op = at(plan.ops, task.op);
  const { bytes } = at(plan.bos, task.regcmdBo);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = task.regcmdOffset / commandBytes;
  const part = op.taskCount === 1 ? '' : ` part ${index - op.firstTask + 1} of ${op.taskCount}`;
  return {
    title: `${opTitle(op)}${part}`,
    at: { bo: names[task.regcmdBo] ?? '', offset: task.regcmdOffset },
    words: Array.from({ length: task.words }, (_, i) => ({
      ...commandAt(view, task.regcmdOffset + commandBytes * i),
      address: addresses.get(wordKey(task.regcmdBo, first + i)) ?? null,
    })),
  };
};

/** @param plan as `readPlan` checked it */
export const programOfPlan = (plan: Plan, title: string): Program => {
  const chip = chips.find(({ number }) => number === plan.chip);
  if (chip === undefined)
    throw new PtfeError('bad-plan', 'plan header', `a chip ${plan.chip}, of which nothing is known`);
  const names = bufferNames(plan);
  const addresses = addressesOf(plan, names);
  return {
    title,
    chip: chip.registers,
    notes: [
      plan.bos.map(({ size }, i) => `${names[i] ?? ''} ${size} bytes`).join(', '),
      ...plan.tensors.map((tensor) => tensorLine(tensor, { bo: names[tensor.bo] ?? '', offset: tensor.offset })),
      ...plan.ops.map(opLine),
      ...plan.hosts.map((host) => hostLine(plan, host)),
    ],
    tasks: plan.tasks.flatMap((_, index) => taskOf(plan, names, addresses, index) ?? []),
  };
};
