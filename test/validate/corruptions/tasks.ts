/** Programs that break the rules of `validate/task_rules.ts`, and a plan that its reader refuses. */
import { destinationOf, type EmittedTask } from '../../../src/emit/tasks.js';
import { operandsOf } from '../../../src/ir/operation.js';
import { isHostStep } from '../../../src/tile/task.js';
import type { Told } from '../../../src/validate/index.js';
import { type Corruption, first, of } from './corruption.js';

const tasked = (
  rule: string,
  title: string,
  change: (tasks: readonly EmittedTask[], told: Required<Told>) => readonly EmittedTask[] | null,
): Corruption =>
  of('emit', rule, title, ({ tasks, constants }, before) => {
    const others = change(tasks, before);
    return others === null ? null : { data: { tasks: others, constants } };
  });

export const emitCorruptions: readonly Corruption[] = [
  tasked('tasks', 'a task is left out', (tasks, { steps }) => {
    const step = steps[tasks[0]?.operation ?? -1];
    return step !== undefined && !isHostStep(step) && step.stages.table === undefined ? tasks.slice(1) : null;
  }),
  tasked('tasks', 'a task comes three times', (tasks) => [...tasks.slice(0, 1), ...tasks.slice(0, 1), ...tasks]),
  tasked('tasks', 'the last operation comes first', (tasks) =>
    tasks[0]?.operation === tasks.at(-1)?.operation ? null : [...tasks.slice(-1), ...tasks.slice(0, -1)],
  ),
  tasked('even', 'a word less', (tasks) => first(tasks, ({ words }) => ({ words: words.slice(1) }))),
  tasked('addresses', 'an address behind the arena', (tasks, { arena }) =>
    first(tasks, (task) => ({
      words: task.words.map((word) =>
        word.address === null || word.address.bo === 'constants'
          ? word
          : { ...word, address: { ...word.address, offset: arena.bytes[word.address.bo] } },
      ),
    })),
  ),
  tasked('addresses', 'a task that writes into the memory of its input', (tasks, { steps, placement, arena }) => {
    const operation = steps[tasks[0]?.operation ?? -1]?.operation;
    if (operation === undefined) return null;
    const [from, to] = [operandsOf(operation)[0] ?? -1, operation.output].map(
      (one) => placement.spots.get(one)?.root ?? -1,
    );
    const place = arena.places.get(from ?? -1);
    if (from === to || place === undefined) return null;
    return first(tasks, (task) => {
      const written = destinationOf(task);
      return {
        words: task.words.map((word) =>
          word.address === written ? { ...word, address: { bo: place.memory, offset: place.offset } } : word,
        ),
      };
    });
  }),
];

export const planCorruptions: readonly Corruption[] = [
  of('plan', 'reader', 'a byte that was changed', ({ bytes }) => {
    const others = bytes.slice();
    others[200] = (others[200] ?? 0) ^ 1;
    return { data: { bytes: others } };
  }),
];
