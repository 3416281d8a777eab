/**
 * TFLite's ADD and SUB of two codes, to the last bit: both operands are scaled at 2^20, their sum once more, each time
 * rounded. Where the exact result is a tie, those roundings say which way it goes.
 */
import type { AddNumbers } from './add_stages.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../tflite/multiplier.js';

const leftShift = 20;

/** Codes and zero-points are the NPU's, and so is the result. */
export const sumOfCodes = (numbers: AddNumbers, sign: 1 | -1): ((first: number, second: number) => number) => {
  const twiceLarger = 2 * Math.max(numbers.firstScale, numbers.secondScale);
  const first = quantizeMultiplier(numbers.firstScale / twiceLarger);
  const second = quantizeMultiplier(numbers.secondScale / twiceLarger);
  const output = quantizeMultiplier(twiceLarger / (2 ** leftShift * numbers.outputScale));
  const [low, high] = numbers.range;
  return (a, b) => {
    const scaledFirst = multiplyByQuantizedMultiplier((a - numbers.firstZeroPoint) * 2 ** leftShift, first);
    const scaledSecond = multiplyByQuantizedMultiplier((b - numbers.secondZeroPoint) * 2 ** leftShift, second);
    const sum = multiplyByQuantizedMultiplier(scaledFirst + sign * scaledSecond, output);
    return Math.max(low, Math.min(high, sum + numbers.outputZeroPoint));
  };
};
