/** TFLite's int8 kernel of SQUARED_DIFFERENCE, with its three multipliers. */
import { clamped } from './activation_tables.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from './multiplier.js';

/** A tensor's scale and zero-point. */
export interface Numbers {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Bits by which both operands are lifted before they are brought to one scale. */
const bits = 7;

const outputMultiplier = (first: Numbers, second: Numbers, output: Numbers): number =>
  (2 * Math.max(first.scale, second.scale)) ** 2 / (2 ** (2 * bits) * output.scale);

/** TFLite ends the process at a multiplier of 1 or more. */
export const squaredDifferenceFits = (first: Numbers, second: Numbers, output: Numbers): boolean =>
  outputMultiplier(first, second, output) < 1;

/** The code of the output for two codes. */
export const squaredDifference = (first: Numbers, second: Numbers, output: Numbers) => {
  const common = 2 * Math.max(first.scale, second.scale);
  const liftedBy = ({ scale, zeroPoint }: Numbers) => {
    const multiplier = quantizeMultiplier(scale / common);
    return (code: number): number => multiplyByQuantizedMultiplier((code - zeroPoint) * 2 ** bits, multiplier);
  };
  const [a, b] = [liftedBy(first), liftedBy(second)];
  const multiplier = quantizeMultiplier(outputMultiplier(first, second, output));
  return (x: number, y: number): number =>
    clamped(multiplyByQuantizedMultiplier((a(x) - b(y)) ** 2, multiplier) + output.zeroPoint, 'int8');
};
