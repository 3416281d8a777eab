/** Register programs: whose they are, and how long. What their registers hold the reader of a plan and the device's gate check. */
import { type PlacedOperation } from '../ir/operation.js';
import { at } from '../in_range.js';
import type { Arena } from '../allocate/arena.js';
import { destinationOf, type EmittedTask } from '../emit/tasks.js';
import type { Placement } from '../place/place.js';
import { isHostStep, type Step } from '../tile/task.js';
import { breach, type Rule } from './rule.js';

export interface TaskData {
  readonly placement: Placement;
  readonly steps: readonly Step[];
  readonly arena: Arena;
  readonly tasks: readonly EmittedTask[];
  readonly constants: Uint8Array;
}

const operationOf = (steps: readonly Step[], { operation }: EmittedTask): PlacedOperation | null =>
  steps[operation]?.operation ?? null;

export const taskRules: readonly Rule<TaskData>[] = [
  {
    name: 'tasks',
    text: 'a task for each tile, and at most one that loads a table, in the order of the operations',
    broken: ({ steps, tasks }) => {
      const late = tasks.findIndex(({ operation }, i) => i > 0 && operation < at(tasks, i - 1).operation);
      if (late >= 0) return breach(operationOf(steps, at(tasks, late)), `task ${late} is late`);
      for (const [position, step] of steps.entries()) {
        const own = tasks.filter(({ operation }) => operation === position).length;
        const [least, most] = isHostStep(step)
          ? [0, 0]
          : [step.tiles.length, step.tiles.length + (step.stages.table === undefined ? 0 : 1)];
        if (own < least || own > most) return breach(step.operation, `${own} tasks for ${least} tiles`);
      }
      return null;
    },
  },
  {
    // The kernel driver counts words in pairs.
    name: 'even',
    text: 'a program has an even number of words',
    broken: ({ steps, tasks }) => {
      const odd = tasks.findIndex(({ words }) => words.length % 2 === 1);
      return odd < 0
        ? null
        : breach(operationOf(steps, at(tasks, odd)), `task ${odd} has ${at(tasks, odd).words.length} words`);
    },
  },
  {
    name: 'addresses',
    text: 'a task writes into the memory of its result, and every address is inside its buffer',
    broken: ({ placement: { spots, roots }, steps, arena, tasks, constants }) => {
      const sizes = { ...arena.bytes, constants: constants.byteLength };
      for (const task of tasks) {
        const operation = steps[task.operation]?.operation;
        if (operation === undefined) return breach(null, `a task of operation ${task.operation}`);
        const outside = task.words.find(
          ({ address }) => address !== null && (address.offset < 0 || address.offset >= sizes[address.bo]),
        );
        if (outside?.address != null) {
          const { bo, offset } = outside.address;
          return breach(operation, `${bo}+${offset} of ${sizes[bo]} bytes`);
        }
        const { bo, offset } = destinationOf(task);
        const root = spots.get(operation.output)?.root ?? operation.output;
        const [place, bytes] = [arena.places.get(root), roots.get(root)];
        if (place === undefined || bytes === undefined) return breach(operation, `t${root} has no memory`);
        if (bo !== place.memory || offset < place.offset || offset >= place.offset + bytes)
          return breach(operation, `it writes ${bo}+${offset}, t${root} is at ${place.memory}+${place.offset}`);
      }
      return null;
    },
  },
];
