/** TFLite's int8 kernels of SQRT and RSQRT for each code. Both stop the interpreter at a negative number. */
import { clamped, type CodeMap, type TableNumbers } from './activation_tables.js';
import {
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  type QuantizedMultiplier,
  typeRange,
} from './multiplier.js';

const { fround } = Math;

/** In float32; the quotient is cut off, not rounded. */
export const sqrtTable = (numbers: TableNumbers): CodeMap => {
  const { type, inputScale, inputZeroPoint, outputScale, outputZeroPoint } = numbers;
  return (code) => {
    const root = fround(Math.sqrt(fround(inputScale * (code - inputZeroPoint))));
    return clamped(Math.trunc(fround(root / outputScale)) + outputZeroPoint, type);
  };
};

const largest = 2n ** 31n - 1n;

/** High half of 2 * a * b for int32, half away from zero. */
const highMul = (a: bigint, b: bigint): bigint => {
  const product = a * b;
  return (product + (product >= 0n ? 1n << 30n : 1n - (1n << 30n))) / (1n << 31n);
};

const shiftLeft = (value: bigint, bits: bigint): bigint => {
  const wide = value << bits;
  return wide > largest ? largest : wide < -largest - 1n ? -largest - 1n : wide;
};

/** Newton's steps that TFLite takes; the start is 1. */
const steps = 5;
/** Fixed-point numbers with 3 bits above the point: 1, 3/2; and sqrt(1/2) with none. */
const one = 1n << 28n;
const threeHalves = one + one / 2n;
const rootOfHalf = 1518500250n;

/** 1 / sqrt(value) in TFLite's fixed point. @param value 1 and on, less than 2^29 */
export const inverseRoot = (value: number): QuantizedMultiplier => {
  if (value === 1) return { mantissa: Number(largest), shift: 0 };
  const pairs = Math.floor((Math.clz32(value) - 1) / 2) - 1;
  const input = (BigInt(value) << BigInt(2 * pairs)) >> 1n;
  const halfInput = (input + 1n) / 2n;
  let x = one;
  for (let step = 0; step < steps; step++) {
    const cube = shiftLeft(highMul(highMul(x, x), x), 6n);
    x = shiftLeft(highMul(threeHalves, x) - highMul(halfInput, cube), 3n);
  }
  const mantissa = Number(highMul(x, rootOfHalf));
  const right = 11 - pairs;
  return right < 0 ? { mantissa: mantissa * 2 ** -right, shift: 0 } : { mantissa, shift: -right };
};

/** Bits that 1 / sqrt(x) has below the point before it is scaled. */
const bits = 20;

const inverseRootMultiplier = ({ inputScale, outputScale }: TableNumbers): QuantizedMultiplier =>
  quantizeMultiplier(1 / fround(fround(Math.sqrt(inputScale)) * outputScale));

/** Whether the second multiplication shifts right, and by no more than an int32 has bits: C says nothing of others. */
export const inverseRootFits = (numbers: TableNumbers): boolean => {
  const { mantissa, shift } = inverseRootMultiplier(numbers);
  return mantissa > 0 && shift <= bits && shift >= bits - 31;
};

/** In fixed point; 0 gives the largest code. */
export const inverseRootTable = (numbers: TableNumbers): CodeMap => {
  const multiplier = inverseRootMultiplier(numbers);
  const { type, inputZeroPoint, outputZeroPoint } = numbers;
  return (code) => {
    const x = code - inputZeroPoint;
    if (x <= 0) return typeRange(type)[1];
    const root = inverseRoot(x);
    const data = multiplyByQuantizedMultiplier(1, { ...root, shift: root.shift + bits });
    const scaled = multiplyByQuantizedMultiplier(data, { ...multiplier, shift: multiplier.shift - bits });
    return clamped(scaled + outputZeroPoint, type);
  };
};
