/**
 * TFLite's fixed-point scaling for whole tensors: what `tflite/multiplier.ts` says of one value, without BigInt.
 * (value * mantissa + 2^30) / 2^31 is taken in two halves of the mantissa, so that every step is exact in a double.
 */
import type { QuantizedMultiplier } from '../../tflite/multiplier.js';

/** @returns the function that scales one int32: rounded to the mantissa's grid, then to an integer, half away from zero */
export const requantizer = ({ mantissa, shift }: QuantizedMultiplier): ((value: number) => number) => {
  const left = Math.max(shift, 0);
  const right = Math.max(-shift, 0);
  const [high, low] = [Math.floor(mantissa / 2 ** 16), mantissa % 2 ** 16];
  const divisor = 2 ** right;
  const mask = divisor - 1;
  return (value) => {
    const shifted = value << left;
    const scaled = Math.floor((shifted * high + Math.floor((shifted * low + 2 ** 30) / 2 ** 16)) / 2 ** 15);
    const floor = Math.floor(scaled / divisor);
    const rest = scaled - floor * divisor;
    const threshold = Math.floor(mask / 2) + (scaled < 0 ? 1 : 0);
    return rest > threshold ? floor + 1 : floor;
  };
};

export const clamp = (value: number, [low, high]: readonly [number, number]): number =>
  value < low ? low : value > high ? high : value;
