/** Time that tasks take on a machine, in sequence: the stock kernel starts each by itself when the one before ended. */
import { bytesPerMicrosecond, dispatchMicroseconds, type Machine } from '../hardware/machine.js';
import { bytesOf, type StreamBytes, type TaskCost, workMicroseconds } from '../hardware/speed.js';

/** What the time of a task, or of several, goes by most. */
export type Bound = 'compute' | 'memory' | 'dispatch';

export interface Times {
  readonly tasks: number;
  readonly cycles: number;
  readonly bytes: StreamBytes;
  /** Microseconds. `work`: of each task its cycles or its bytes, whichever take longer. */
  readonly compute: number;
  readonly memory: number;
  readonly work: number;
  readonly dispatch: number;
  /** Work and dispatch. */
  readonly total: number;
  readonly bound: Bound;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const sumBytes = (all: readonly StreamBytes[]): StreamBytes => ({
  input: sum(all.map(({ input }) => input)),
  weights: sum(all.map(({ weights }) => weights)),
  operands: sum(all.map(({ operands }) => operands)),
  output: sum(all.map(({ output }) => output)),
});

export const timesOf = (machine: Machine, costs: readonly TaskCost[]): Times => {
  const bytes = sumBytes(costs.map((cost) => cost.bytes));
  const cycles = sum(costs.map((cost) => cost.cycles));
  const compute = cycles / machine.megahertz;
  const memory = bytesOf(bytes) / bytesPerMicrosecond(machine);
  const work = sum(costs.map((cost) => workMicroseconds(machine, cost)));
  const dispatch = costs.length * dispatchMicroseconds(machine);
  const bound = dispatch > work ? 'dispatch' : memory > compute ? 'memory' : 'compute';
  return { tasks: costs.length, cycles, bytes, compute, memory, work, dispatch, total: work + dispatch, bound };
};

/** Cycles of the chip's own clock from the start of a task to its end, as plans carry them. */
export const planCycles = ({ clocks }: Machine['chip'], { cycles, bytes }: TaskCost): number =>
  Math.max(cycles, Math.ceil(bytesOf(bytes) / clocks.bytesPerCycle));
