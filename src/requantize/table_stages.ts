/**
 * Any function of one byte through the DPU's LUT, exactly: the tables have an entry every 32 units, BS multiplies each
 * code by 32, so every code falls on an entry of its own and nothing is interpolated. Negative codes read table LE,
 * others LO: the ranges that vendor and open programs use on the RK3588 (fp16 there; int8 is inferred).
 */
import type { Stages } from './stages.js';

/** Units from one entry to the next: LUT_INDEX_SELECT 5. */
export const tableStepLog2 = 5;

/** Added to every entry and taken off by OUT_CVT: an entry of 0 is read as something else in fp16 tasks of the RK3588. */
const lift = 256;

/** @param map the NPU's code (-128 to 127) of each of the NPU's codes */
export const tableStages = (map: (code: number) => number): Stages => ({
  bs: { add: null, multiply: 2 ** tableStepLog2, shift: 0, limit: null },
  bn: null,
  ew: null,
  table: Array.from({ length: 256 }, (_, i) => map(i - 128) + lift),
  out: { scale: 1, shift: 0, offset: -lift, ties: 'even' },
  mismatch: 0,
  facts: [],
});
