/** Mesa's numbers for the output converter and the operand of a fused ADD (fact sheet f), from the bits of float32 scales. */
import { bitsOfFloat } from '../../wire/float_bits.js';
import { asMesa, type Fixes } from './defects.js';
import type { MesaOperation } from './operation.js';

export interface Converter {
  readonly scale: number;
  readonly shift: number;
}

const bitsOf = (value: number): number => bitsOfFloat(value) >>> 0;

const implicitOne = 1 << 14;

/** Mantissa in 15 bits, its top bit from the exponent's lowest, or set where that is 0. */
const cutMantissa = (bits: number, more: number): number => {
  const mantissa = ((bits >>> 9) & 0x7fff) + more;
  return mantissa < implicitOne ? mantissa | implicitOne : mantissa;
};

const exponentOf = (bits: number): number => bits >>> 23;

/** scale / 2^shift for the factor, as Mesa derives it or with the mantissa rounded. */
const converterFor = (factor: number, more: number, fixes: Fixes): Converter => {
  const bits = bitsOf(factor);
  const shift = 141 - exponentOf(bits);
  if (!fixes.has('k6')) return { scale: cutMantissa(bits, more), shift };
  const rounded = (((bits & 0x7fffff) | 0x800000) + 0x100) >>> 9;
  return rounded === 2 * implicitOne ? { scale: implicitOne, shift: shift - 1 } : { scale: rounded, shift };
};

/** Weight scales (bits of float32) for which Mesa has the hardware cut one bit from the sums. */
const truncatedScales: ReadonlySet<number> = new Set([
  0x3a88323f, 0x3c0060de, 0x3c06022d, 0x3c1642e3, 0x3c1e3f51, 0x3c5c8aa8, 0x3c615e93, 0x3c7326a2, 0x3c783013,
  0x3d1748e6, 0x3d282992, 0x3d2e87ae, 0x3d77f5f6, 0x3a9a5956, 0x3caebc56,
]);

export const truncateBits = ({ kernel }: MesaOperation, fixes: Fixes): number =>
  !fixes.has('k5') && truncatedScales.has(bitsOf(kernel.scale)) ? 1 : 0;

/** What an operand of an ADD is multiplied with, to count in units of the accumulator. */
export const operandConverter = ({ input, kernel, addition }: MesaOperation): Converter =>
  addition === null
    ? { scale: 1, shift: 0 }
    : converterFor(Math.fround(addition.operandScale / Math.fround(input.scale * kernel.scale)), 0, asMesa);

export interface OutputConverter extends Converter {
  readonly offset: number;
}

export const outputConverter = (operation: MesaOperation, fixes: Fixes): OutputConverter => {
  const { input, kernel, output } = operation;
  const factor = Math.fround(Math.fround(input.scale * kernel.scale) / output.scale);
  const { scale, shift } = converterFor(factor, 1, fixes);
  return { scale, shift: truncateBits(operation, fixes) > 0 ? shift - 1 : shift, offset: output.zeroPoint - 0x80 };
};
