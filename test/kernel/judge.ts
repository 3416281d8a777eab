/** How a scenario ended: on the real driver (run.ts) and on the pretended one (../delegate/rocket.test.ts). */
import type { Seen } from './lines.js';
import type { Scenario, Truths } from './scenarios.js';

export interface Outcome {
  readonly scenario: Scenario;
  readonly seen: Seen | undefined;
  /** null: as it should be. */
  readonly wrong: string | null;
  readonly remark: string;
}

export const judge = (scenario: Scenario, seen: Seen | undefined, truths: Truths): Outcome => {
  if (seen === undefined) return { scenario, seen, wrong: 'the guest did not come to it', remark: '' };
  const allowed = scenario.kernel ?? [];
  const unexpected = seen.kernel.find((line) => !allowed.some((pattern) => pattern.test(line)));
  const wrong = scenario.check(seen, truths);
  return {
    scenario,
    seen,
    wrong: wrong ?? (unexpected === undefined ? null : `the kernel says "${unexpected}"`),
    remark: scenario.remark?.(seen, truths) ?? '',
  };
};
