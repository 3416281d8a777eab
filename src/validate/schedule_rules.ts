/** Jobs and steps of the host: every operation once, in the order of the operations. */
import type { Schedule } from '../schedule/order.js';
import { isHostStep, type Step } from '../tile/task.js';
import { breach, type Rule } from './rule.js';

export interface ScheduleData {
  readonly steps: readonly Step[];
  readonly schedule: Schedule;
}

/** Positions in the order in which they run. */
const orderOf = ({ jobs, host }: Schedule): readonly number[] =>
  [...Array(jobs.length + 1).keys()].flatMap((job) => [
    ...host.filter(({ beforeJob }) => beforeJob === job).map(({ operation }) => operation),
    ...(jobs[job]?.operations ?? []),
  ]);

export const scheduleRules: readonly Rule<ScheduleData>[] = [
  {
    name: 'once',
    text: 'every operation runs once, in the order of the operations',
    broken: ({ steps, schedule }) => {
      const order = orderOf(schedule);
      const at = order.findIndex((position, i) => position !== i);
      if (at >= 0) return breach(steps[at]?.operation ?? null, `operation ${order[at]} runs in the place of ${at}`);
      return order.length === steps.length
        ? null
        : breach(steps[order.length]?.operation ?? null, `${order.length} operations run of ${steps.length}`);
    },
  },
  {
    name: 'sides',
    text: 'a job holds at least one operation of the NPU, and none of the host',
    broken: ({ steps, schedule: { jobs, host } }) => {
      const empty = jobs.findIndex(({ operations }) => operations.length === 0);
      if (empty >= 0) return breach(null, `job ${empty} is empty`);
      const isHost = (position: number): boolean => {
        const step = steps[position];
        return step !== undefined && isHostStep(step);
      };
      const wrong =
        jobs.flatMap(({ operations }) => operations).find(isHost) ??
        host.map(({ operation }) => operation).find((position) => !isHost(position));
      return wrong === undefined
        ? null
        : breach(steps[wrong]?.operation ?? null, `operation ${wrong} on the other side`);
    },
  },
];
