/**
 * Requantization with a multiplier for each output channel: s_c = m_c * 2^-e_c, m_c in [1/2, 1). Two ways to TFLite's two
 * roundings, and the one that calculates better is taken: `onOwnGrid`, where BS rounds at each channel's own grid, with 15
 * bits of m_c, and BN brings all channels to the largest exponent and divides by it, half away from zero as TFLite does; or
 * `composite` (composite_stages.ts).
 */
import { at } from '../in_range.js';
import { compositeStages } from './composite_stages.js';
import {
  activationLimit,
  type ConvNumbers,
  meanMagnitude,
  scaledSum,
  shareBelow,
  staysBelow,
  undivided,
} from './division.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { Stages } from './stages.js';
import { factorMax } from './two_factors.js';

const noMultiplier: QuantizedMultiplier = { mantissa: 0, shift: 0 };

/** Above this exponent a channel gives up bits of its mantissa instead: all sums stay inside an int32. */
const largestExponent = 20;

/** Accumulator for which a dead channel gives exactly TFLite's constant, with multiplier 2^14 >> 15 and exponent e. */
const deadBias = (numbers: ConvNumbers, bias: number, multiplier: QuantizedMultiplier, exponent: number): number => {
  const value = scaledSum(numbers, bias, multiplier);
  return Math.max(-512, Math.min(512, value)) * 2 ** (exponent + 1);
};

/** Accumulators below zero that matter are below 2^9 steps of the output. */
const steps = 2 ** 9;

/**
 * BS carries 15 bits of each multiplier, BN brings all channels to the largest exponent and divides. Where all are powers of
 * two, ties of the first rounding are common. They go up in TFLite, the chip's away from zero, which is the same above zero:
 * BS lifts the accumulators there, and BN takes it off, the same for all channels in units of its product.
 */
const onOwnGrid = (numbers: ConvNumbers): Stages => {
  const live = numbers.multipliers.filter((_, c) => numbers.dead[c] !== true);
  const exponents = live.map(({ shift }) => -shift);
  const smallest = Math.min(...(exponents.length > 0 ? exponents : [0]));
  // A channel that needs a left shift lowers the common BS shift; the others then keep that many bits more.
  const left = Math.max(0, -smallest);
  // BN's operand ends at 2^14: a channel with a far smaller scale than the largest keeps fewer bits of its mantissa.
  const wanted = Math.min(Math.max(...(exponents.length > 0 ? exponents : [0])), smallest + 14);
  const largest = Math.max(0, Math.min(wanted, largestExponent));
  const count = numbers.bias.length;
  const add = new Int32Array(count);
  const multiply = new Int32Array(count);
  const align = new Int32Array(count);
  const magnitude = meanMagnitude(numbers);
  const exponent = largest + left;
  let precision = 0;
  for (let c = 0; c < count; c++) {
    const multiplier = numbers.multipliers[c] ?? noMultiplier;
    const bias = at(numbers.bias, c);
    if (numbers.dead[c] === true) {
      add[c] = deadBias(numbers, bias, multiplier, largest);
      multiply[c] = 2 ** 14;
      align[c] = 1;
      continue;
    }
    const own = Math.min(-multiplier.shift, largest);
    const exact = (multiplier.mantissa / 2 ** 16) * 2 ** (own + multiplier.shift);
    const factor = Math.max(1, Math.min(factorMax, Math.round(exact)));
    add[c] = bias;
    multiply[c] = factor;
    align[c] = 2 ** (largest - own);
    precision += Math.min(1, (magnitude * Math.abs(factor - exact)) / exact) / Math.max(1, live.length);
  }
  const lift = steps * 2 ** largest;
  const lifted =
    left === 0 &&
    shareBelow(numbers) > 0 &&
    multiply.every((factor) => factor === 2 ** 14) &&
    staysBelow(numbers, 2 ** 30);
  if (lifted) for (let c = 0; c < count; c++) add[c] = at(add, c) + (2 * lift) / at(align, c);
  const limit = activationLimit(numbers, 0);
  const uniform = align.every((value) => value === 1);
  return {
    bs: { add, multiply, shift: 15 - left, limit: null },
    bn: { add: lifted ? -lift : null, multiply: uniform ? 1 : align, shift: exponent, limit },
    ew: null,
    out: undivided(numbers),
    mismatch: precision + (left > 0 ? 0.25 : 0),
    facts: [
      'bs_shift_rounding',
      'mul_product_width',
      ...(exponent > 0 ? ['bn_shift_rounding'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};

/** A multiplier for each channel, by the way that differs less. */
export const channelStages = (numbers: ConvNumbers): Stages => {
  const [own, other] = [onOwnGrid(numbers), compositeStages(numbers)];
  if (numbers.rounding === 'once' && other !== null) return other;
  return other !== null && other.mismatch < own.mismatch ? other : own;
};
