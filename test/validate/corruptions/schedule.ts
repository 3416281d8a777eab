/** Schedules that break the rules of `validate/schedule_rules.ts`. */
import { type Corruption, of, replaced } from './corruption.js';

export const scheduleCorruptions: readonly Corruption[] = [
  of('schedule', 'once', 'an operation that no job has', ({ jobs, host }) => ({
    data: { jobs: replaced(jobs, 0, { core: 0, operations: jobs[0]?.operations.slice(1) ?? [] }), host },
  })),
  of('schedule', 'once', 'the last operation is left out', ({ jobs, host }) => {
    const last = jobs.at(-1);
    if (last === undefined || host.some(({ beforeJob }) => beforeJob === jobs.length)) return null;
    return { data: { jobs: [...jobs.slice(0, -1), { ...last, operations: last.operations.slice(0, -1) }], host } };
  }),
  of('schedule', 'once', 'an operation twice', ({ jobs, host }) => ({
    data: { jobs: replaced(jobs, 0, { core: 0, operations: [0, ...(jobs[0]?.operations ?? [])] }), host },
  })),
  of('schedule', 'once', 'two operations that change places', ({ jobs, host }) => {
    const at = jobs.findIndex(({ operations }) => operations.length > 1);
    const job = jobs[at];
    return job === undefined
      ? null
      : { data: { jobs: replaced(jobs, at, { ...job, operations: [...job.operations].reverse() }), host } };
  }),
  of('schedule', 'once', 'a step of the host behind the job that waits for it', ({ jobs, host }) => {
    const at = host.findIndex(({ beforeJob }) => beforeJob < jobs.length);
    const step = host[at];
    return step === undefined
      ? null
      : { data: { jobs, host: replaced(host, at, { ...step, beforeJob: jobs.length }) } };
  }),
  of('schedule', 'sides', 'a job without an operation', ({ jobs, host }) => ({
    data: { jobs: [...jobs, { core: 0, operations: [] }], host },
  })),
  of('schedule', 'sides', 'a step of the host in a job', ({ jobs, host }, { steps }) =>
    host.length === 0
      ? null
      : { data: { jobs: [{ core: 0, operations: [...steps.keys()] }], host: jobs.length > 9 ? host : [] } },
  ),
];
