/**
 * A plan as text that no file format shows in: what the NPU and the host do, in which order, with which bytes, at which
 * addresses. Two plans do the same where their entries are equal; `npm run replay` compares them entry by entry.
 */
import { blocksText } from './operation_text.js';
import { addTo, sumIn } from '../tally.js';
import { at } from '../in_range.js';
import { commandAt, commandBytes } from '../hardware/command.js';
import type { Plan, PlanHost, PlanJob, PlanOp, PlanTask, PlanTensor } from '../plan/format.js';
import { bufferNames, opTitle } from './plan_program.js';
import { referenceText } from './program.js';

/** `notes`: names and estimates, which no device reads. */
export const entryKinds = ['memory', 'constants', 'tensors', 'order', 'tasks', 'host', 'notes'] as const;
export type EntryKind = (typeof entryKinds)[number];

export interface PlanEntry {
  readonly kind: EntryKind;
  /** The same in two plans for what is to be compared. */
  readonly key: string;
  /** Lines. Of a task: where its commands stand, then a word each (`wordText`). */
  readonly text: string;
}

/** Of bytes that are too many to be listed. */
export type Digest = (bytes: Uint8Array) => string;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Keys with the number of times that they were there. */
const numbered = (keys: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>();
  return keys.map((key) => {
    addTo(counts, key, 1);
    const count = sumIn(counts, key);
    return count === 1 ? key : `${key} (${count})`;
  });
};

interface Context {
  readonly plan: Plan;
  readonly buffers: readonly string[];
  /** Of each op. */
  readonly opKeys: readonly string[];
  readonly digest: Digest;
}

const place = ({ buffers }: Context, buffer: number, offset: number): string =>
  referenceText({ bo: buffers[buffer] ?? `buffer ${buffer}`, offset });

const opKey = ({ node, fusedNode }: PlanOp): string => `#${node}${fusedNode === null ? '' : `+#${fusedNode}`}`;

/** A constant reaches from one address that something names to the next. */
const constantEntries = (context: Context): readonly PlanEntry[] => {
  const { plan, buffers, digest } = context;
  return plan.bos.flatMap(({ kind, bytes }, index) => {
    if (kind !== 'constants') return [];
    const named = [
      ...plan.relocations.filter(({ targetBo }) => targetBo === index).map(({ addend }) => addend),
      ...plan.hosts.filter(({ tableBo }) => tableBo === index).map(({ tableOffset }) => tableOffset),
    ];
    const starts = [...new Set([0, ...named])].filter((start) => start < bytes.byteLength).sort((a, b) => a - b);
    return starts.map((start, i): PlanEntry => {
      const run = bytes.subarray(start, starts[i + 1] ?? bytes.byteLength);
      return {
        kind: 'constants',
        key: referenceText({ bo: buffers[index] ?? kind, offset: start }),
        text: `${run.byteLength} bytes ${digest(run)}`,
      };
    });
  });
};

const tensorEntry = (context: Context, tensor: PlanTensor): Omit<PlanEntry, 'key'> => {
  const { type, shape, layout, blocks, bo, offset, lineBytes, surfaceBytes, surfaces, scale, zeroPoint, padCode } =
    tensor;
  const memory = `${place(context, bo, offset)}, lines of ${lineBytes}, ${surfaces} surfaces of ${surfaceBytes} bytes`;
  const order = blocks === null ? layout : blocksText(blocks);
  const codes = `scale ${scale}, zero-point ${zeroPoint}, padding ${padCode}`;
  return { kind: 'tensors', text: `${type} ${shape.join('x')} ${order} at ${memory}; ${codes}` };
};

const tensorKey = ({ direction, tensor }: PlanTensor): string => `${direction} tensor ${tensor}`;

/** Block and offset of the register, the value, and what an address in it points at. */
export const wordText = (target: number, offset: number, value: number, address: string | null): string =>
  `${hex(target, 4)}:${hex(offset, 4)} ${hex(value, 8)}${address === null ? '' : ` ${address}`}`;

/** By the word's place among all buffers' words. */
type Addresses = ReadonlyMap<number, string>;
const wordKey = (buffer: number, word: number): number => buffer * 2 ** 32 + word;

const taskText = (context: Context, task: PlanTask, addresses: Addresses): string => {
  const bytes = context.plan.bos[task.regcmdBo]?.bytes ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = wordKey(task.regcmdBo, task.regcmdOffset / commandBytes);
  const words = Array.from({ length: task.words }, (_, i) => {
    const { target, offset, value } = commandAt(view, task.regcmdOffset + commandBytes * i);
    return wordText(target, offset, value, addresses.get(first + i) ?? null);
  });
  return [`at ${place(context, task.regcmdBo, task.regcmdOffset)}`, ...words].join('\n');
};

const taskEntries = (context: Context): readonly PlanEntry[] => {
  const { plan, opKeys } = context;
  const addresses: Addresses = new Map(
    plan.relocations.map(({ bo, word, targetBo, addend }) => [wordKey(bo, word), place(context, targetBo, addend)]),
  );
  const tasks = plan.tasks.map((task, index): PlanEntry => {
    const position = index - at(plan.ops, task.op).firstTask;
    return {
      kind: 'tasks',
      key: `${opKeys[task.op] ?? ''} task ${position}`,
      text: taskText(context, task, addresses),
    };
  });
  const ranges = plan.tasks.map(({ regcmdBo, regcmdOffset, words }) => {
    const first = wordKey(regcmdBo, regcmdOffset / commandBytes);
    return [first, first + words] as const;
  });
  let range = 0;
  // Both in the order of the words: a word that stands in no range behind those that end before it stands in none.
  const loose = [...addresses]
    .sort(([a], [b]) => a - b)
    .filter(([word]) => {
      while (word >= (ranges[range]?.[1] ?? Infinity)) range++;
      return word < (ranges[range]?.[0] ?? Infinity);
    });
  return [
    ...tasks,
    ...loose.map(([word, address]): PlanEntry => ({ kind: 'tasks', key: `word ${word} of no task`, text: address })),
  ];
};

const jobText = (context: Context, { firstTask, taskCount, core, depends, inBos, outBos, proof }: PlanJob): string => {
  const names = (list: readonly number[]): string =>
    list
      .map((buffer) => context.buffers[buffer] ?? `buffer ${buffer}`)
      .sort()
      .join(' ');
  const after = depends === null ? '' : `, after job ${depends}`;
  const seen = proof === null ? 'nowhere' : `at ${place(context, proof.bo, proof.offset)}`;
  return `tasks ${firstTask} to ${firstTask + taskCount - 1}, core ${core}${after}; reads ${names(inBos)}; writes ${names(outBos)}; seen ${seen}`;
};

const hostText = (context: Context, host: PlanHost): string => {
  const { plan, digest } = context;
  const { kernel, beforeJob, input, output, tableBo, tableOffset, tableBytes } = host;
  const [from, to] = [input, output].map((position) => {
    const tensor = plan.tensors[position];
    return tensor === undefined ? '' : `${tensorKey(tensor)}, ${tensorEntry(context, tensor).text}`;
  });
  const table = plan.bos[tableBo]?.bytes.subarray(tableOffset, tableOffset + tableBytes) ?? new Uint8Array();
  return [
    `${kernel} before job ${beforeJob}`,
    `from ${from ?? ''}`,
    `to ${to ?? ''}`,
    `table at ${place(context, tableBo, tableOffset)}, ${tableBytes} bytes ${digest(table)}`,
  ].join('\n');
};

/** Which op has which tasks, the jobs, and the steps of the host between them. */
const orderEntries = (context: Context): readonly PlanEntry[] => {
  const { plan, opKeys } = context;
  const ops = plan.ops.map(({ firstTask, taskCount }, i) => `${opKeys[i] ?? ''}: ${firstTask} +${taskCount}`);
  return [
    { kind: 'order', key: 'ops and their tasks', text: ops.join('\n') },
    ...plan.jobs.map((job, i): PlanEntry => ({ kind: 'order', key: `job ${i}`, text: jobText(context, job) })),
    { kind: 'order', key: 'tensors', text: plan.tensors.map(tensorKey).join('\n') },
  ];
};

const noteEntries = ({ plan, opKeys }: Context): readonly PlanEntry[] =>
  plan.ops.map((op, i): PlanEntry => {
    const cycles = plan.tasks.slice(op.firstTask, op.firstTask + op.taskCount).map((task) => task.cycles);
    const facts = op.facts.length === 0 ? 'none' : op.facts.toSorted().join(' ');
    const text = `${opTitle(op)}\nmacs ${op.macs}\ncycles ${cycles.join(' ')}\nfacts ${facts}\nmismatch ${op.mismatch}`;
    return { kind: 'notes', key: `${opKeys[i] ?? ''}`, text };
  });

/** @param plan as `readPlan` checked it */
export const planEntries = (plan: Plan, digest: Digest): readonly PlanEntry[] => {
  const context: Context = { plan, buffers: bufferNames(plan), opKeys: numbered(plan.ops.map(opKey)), digest };
  const tensorKeys = numbered(plan.tensors.map(tensorKey));
  const hostKeys = plan.hosts.map(({ op }) => context.opKeys[op] ?? '');
  return [
    { kind: 'memory', key: 'chip', text: `${plan.chip}, ${plan.cores} cores, values of ${plan.numerics}` },
    ...plan.bos.map(({ kind, size }, i): PlanEntry => ({
      kind: 'memory',
      key: context.buffers[i] ?? kind,
      text: `${size} bytes`,
    })),
    ...constantEntries(context),
    ...plan.tensors.map((tensor, i): PlanEntry => ({ key: tensorKeys[i] ?? '', ...tensorEntry(context, tensor) })),
    ...orderEntries(context),
    ...taskEntries(context),
    ...plan.hosts.map((host, i): PlanEntry => ({
      kind: 'host',
      key: hostKeys[i] ?? '',
      text: hostText(context, host),
    })),
    ...noteEntries(context),
  ];
};
