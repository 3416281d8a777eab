/**
 * Pairs of codes whose sum the 15-bit factors round to another code than TFLite does, counted: the sums of most models do
 * not spread evenly between two codes. With a ratio of 1/64 and a hair, every 64th of them lies a hair beside a tie.
 */
import type { AddFactors, AddNumbers } from './add_stages.js';
import { codeMax, codeMin } from './division.js';
import { remembered } from './remembered.js';
import { halfAwayFromZero, multiplyByQuantizedMultiplier, quantizeMultiplier } from '../tflite/multiplier.js';

const codes = Array.from({ length: codeMax - codeMin + 1 }, (_, i) => codeMin + i);

const counted = (numbers: AddNumbers, factors: AddFactors, sign: number): number => {
  const { firstScale, secondScale, outputScale, outputZeroPoint: zero, range } = numbers;
  const [low, high] = [range[0] - zero, range[1] - zero];
  const twice = 2 * Math.max(firstScale, secondScale);
  /** TFLite brings both operands to 2^20 first. */
  const scaled = (zeroPoint: number, scale: number, factor: number) => {
    const multiplier = quantizeMultiplier(scale / twice);
    return codes.map((code) => ({
      exact: multiplyByQuantizedMultiplier((code - zeroPoint) * 2 ** 20, multiplier),
      made: (code - zeroPoint) * factor,
    }));
  };
  const firsts = scaled(numbers.firstZeroPoint, firstScale, factors.first);
  const seconds = scaled(numbers.secondZeroPoint, secondScale, factors.second);
  const { mantissa, shift } = quantizeMultiplier(twice / (2 ** 20 * outputScale));
  // Twice: what comes near a tie is one behind the first rounding.
  const [toHigh, right] = [mantissa * 2 ** (Math.max(0, shift) - 31), 2 ** Math.max(0, -shift)];
  const ours = factors.scale / 2 ** factors.shift;
  let differing = 0;
  for (const first of firsts) {
    for (const second of seconds) {
      const exact = halfAwayFromZero(Math.round((first.exact + sign * second.exact) * toHigh) / right);
      // No tie: the factors are above the ratio by a hair.
      const made = Math.round((first.made + sign * second.made) * ours);
      if (Math.max(low, Math.min(high, exact)) !== Math.max(low, Math.min(high, made))) differing++;
    }
  }
  return differing / codes.length ** 2;
};

/** Of 65,536 pairs, which reports and searches ask for again. */
const search = remembered(
  (
    firstScale: number,
    firstZeroPoint: number,
    secondScale: number,
    secondZeroPoint: number,
    outputScale: number,
    outputZeroPoint: number,
    low: number,
    high: number,
    first: number,
    second: number,
    scale: number,
    shift: number,
    sign: number,
  ): number =>
    counted(
      {
        firstScale,
        firstZeroPoint,
        secondScale,
        secondZeroPoint,
        outputScale,
        outputZeroPoint,
        range: [low, high],
      },
      { first, second, scale, shift, error: 0 },
      sign,
    ),
);

/** @param sign of the second operand. @returns the share of all pairs of codes */
export const addMismatch = (n: AddNumbers, f: AddFactors, sign: 1 | -1): number =>
  search(
    n.firstScale,
    n.firstZeroPoint,
    n.secondScale,
    n.secondZeroPoint,
    n.outputScale,
    n.outputZeroPoint,
    n.range[0],
    n.range[1],
    f.first,
    f.second,
    f.scale,
    f.shift,
    sign,
  );
