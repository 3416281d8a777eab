/** How a scenario ended: on the real driver (run.ts) and on the pretended one (../delegate/rocket.test.ts). */
import type { Seen } from './lines.js';
import type { Scenario, Truths, Wrong } from './scenarios.js';

export interface Outcome {
  readonly scenario: Scenario;
  readonly seen: Seen | undefined;
  /** null: as it should be, or skipped. */
  readonly wrong: string | null;
  /** Why nothing can be said: no time was left, or the machine was too busy. */
  readonly skipped: string | null;
  /** Skipped because no processor was free: it is worth another try. */
  readonly wasBusy: boolean;
  readonly remark: string;
  /** How much of the time no processor was free for the guest: 0 to 1. */
  readonly starvation: number;
}

/**
 * From here on a time limit that was passed says nothing. On a quiet machine with two processors, 40 scenarios: 0.03 to 0.21, and
 * 0.24 and 0.28 where several of the guest's programs want the NPU at once.
 */
const tooBusy = 0.3;

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** The kernel's log without the warnings that the scenario may cause: each from "cut here" to "end trace". */
const withoutWarnings = ({ warnings = [] }: Scenario, lines: readonly string[]): readonly string[] =>
  lines
    .join('\n')
    .replaceAll(/^-+\[ cut here \][^]*?^---\[ end trace.*$/gm, (warning) =>
      warnings.some((pattern) => pattern.test(warning)) ? '' : warning,
    )
    .split('\n')
    .filter((line) => line !== '');

/** What nobody asked the kernel to say. A time-out alone is also what a busy machine does. */
const unexpectedLine = (scenario: Scenario, seen: Seen): Wrong | null => {
  const { kernel = [] } = scenario;
  const lines = withoutWarnings(scenario, seen.kernel).filter((line) => !kernel.some((pattern) => pattern.test(line)));
  const line = lines.find((one) => !/NPU job timed out/.test(one)) ?? lines[0];
  return line === undefined
    ? null
    : { text: `the kernel says "${line}"`, byTime: lines.every((one) => /NPU job timed out/.test(one)) };
};

const wrongEnd = ({ limit, waits }: Seen): Wrong | null =>
  limit === null
    ? null
    : { text: `it ${limit}: ${waits.join('; ') || 'no process was left'}`, byTime: limit.startsWith('is too slow') };

/** @param seen undefined where the guest ended before it */
export const judge = (scenario: Scenario, seen: Seen | undefined, truths: Truths, starvation = 0): Outcome => {
  const outcome = { scenario, seen, wrong: null, skipped: null, wasBusy: false, remark: '', starvation };
  if (seen === undefined) return { ...outcome, skipped: 'the guest did not come to it' };
  // A value that is wrong outweighs a limit that was passed.
  const all = [scenario.check(seen, truths), wrongEnd(seen), unexpectedLine(scenario, seen)].filter(
    (wrong) => wrong !== null,
  );
  const wrong = seen.limit === null ? (all.find(({ byTime }) => !byTime) ?? all[0]) : wrongEnd(seen);
  if (wrong === null || wrong === undefined) return { ...outcome, remark: scenario.remark?.(seen, truths) ?? '' };
  if (!wrong.byTime || starvation < tooBusy) return { ...outcome, wrong: wrong.text };
  const skipped = `${wrong.text} (no processor was free for ${percent(starvation)} of the time)`;
  return { ...outcome, skipped, wasBusy: true };
};
