/** A row of the kernel test's table. */
import type { Outcome } from './judge.js';
import type { Seen } from './lines.js';

/** By the counters before and after it; else by those around each invoke, which see other programs' tasks too. */
const tasksOf = ({ invokes, counters }: Seen): number =>
  counters.length > 1
    ? (counters.at(-1)?.tasks ?? []).reduce((sum, tasks, core) => sum + tasks - (counters[0]?.tasks[core] ?? 0), 0)
    : invokes.reduce((sum, { tasks }) => sum + tasks, 0);

/** Of the last invoke, and what Prepare made. */
const callsOf = ({ invokes, prepares }: Seen): string => {
  const last = invokes.at(-1)?.ioctls ?? null;
  const made = prepares.at(-1)?.ioctls ?? null;
  if (last === null) return '';
  const bos = made === null ? '' : `${made.create} BOs of ${made.bytes} bytes, `;
  return `${bos}${last.fini} FINI ${last.submit} SUBMIT ${last.prep} PREP, ${last.synced} bytes synced`;
};

const count = (number: number, name: string): string => (number > 0 ? `${number} ${name}` : '');

export const row = ({ scenario, seen, wrong, skipped, remark, starvation }: Outcome): string => {
  const last = seen?.invokes.at(-1);
  const cells = [
    wrong !== null ? 'WRONG' : skipped !== null ? 'skipped' : 'ok',
    scenario.name,
    count(seen?.invokes.length ?? 0, 'invokes'),
    count(seen === undefined ? 0 : tasksOf(seen), 'tasks'),
    count(seen?.invokes.reduce((sum, { resets }) => sum + resets, 0) ?? 0, 'resets'),
    last === undefined ? '' : `${last.cpu.toFixed(1)} ms CPU`,
    seen === undefined ? '' : callsOf(seen),
    `${seen?.said.length ?? 0} lines`,
    `busy ${(starvation * 100).toFixed(0)} %`,
    wrong ?? skipped ?? remark,
  ];
  return `| ${cells.join(' | ')} |`;
};
