import type { Precision } from '../../src/fuse/fuse.js';
import type { Runtime } from '../host/python.js';

/** What is asked of random models of one op. */
export interface Expectation {
  /** What an output value may differ by. */
  readonly mostCounts: number;
  /** Share of values that must be equal. */
  readonly equal: number;
  /** Share of the models that may be refused (by rules about their numbers). */
  readonly refused?: number;
  readonly runtime?: Runtime;
  readonly models?: number;
  /** For an op that the reference kernels lack. */
  readonly kernels?: 'optimized';
  readonly precision?: Precision;
}

export const everyValue: Expectation = { mostCounts: 0, equal: 1 };
