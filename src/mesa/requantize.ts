/** Mesa's numbers for the output converter and the operand of a fused ADD (fact sheet f), from the bits of float32 scales. */
import type { Fixes } from './defects.js';
import type { MesaOperation } from './operation.js';

export interface Converter {
  readonly scale: number;
  readonly shift: number;
}

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;

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

/** Rows of Mesa's table: the operand's scale, its factor in units of the accumulator, OUT_CVT's scale, shift and offset. */
const additions: readonly (readonly [
  operand: number,
  factor: number,
  scale?: number,
  shift?: number,
  offset?: number,
])[] = [
  [0.090192, 299.671889248],
  [0.39925, 1326.499209406],
  [0.364902, 780.34375, 18589, 24, 4],
  [0.422037, 715.5625, 22559, 24, 1],
  [0.213016, 564.6875, 25914, 24, 4],
  [0.244231, 499.796875, 28927, 24, 1],
  [0.283416, 488.203125, 26050, 24, 6],
  [0.171151, 602.90625, 28937, 24, -3],
  [0.164588, 271.921875, 24877, 23, 1],
  [0.204098, 262.90625, 23272, 23, 0],
  [0.116532, 450.140625, 32292, 24, -8],
  [0.134499, 212.1953125, 24153, 23, -5],
  [0.220141, 368.28125, 27655, 24, 11],
  [0.09456, 416.421875, 20432, 23, 5],
  [0.09323, 305.421875, 25449, 23, -1],
  [0.100618, 313.671875, 16874, 23],
];

const knownAddition = (operandScale: number): (typeof additions)[number] | undefined =>
  additions.find(([scale]) => Math.abs(operandScale - scale) < 0.00001);

/** What an operand of an ADD is multiplied with, to count in units of the accumulator. */
export const operandConverter = ({ input, kernel, addition }: MesaOperation, fixes: Fixes): Converter => {
  if (addition === null) return { scale: 1, shift: 0 };
  const exact = Math.fround(addition.operandScale / Math.fround(input.scale * kernel.scale));
  const factor = fixes.has('k4') ? exact : (knownAddition(addition.operandScale)?.[1] ?? 0);
  // The default factor 0 has the exponent 0, whose shift wraps in the field's 6 bits.
  const { scale, shift } = converterFor(factor, 0, new Set());
  return { scale, shift: shift & 0x3f };
};

export interface OutputConverter extends Converter {
  readonly offset: number;
}

export const outputConverter = (operation: MesaOperation, fixes: Fixes): OutputConverter => {
  const { input, kernel, output, addition } = operation;
  const zero = output.zeroPoint - 0x80;
  if (addition !== null && !fixes.has('k4')) {
    const [, , scale = 27676, shift = 25, offset] = knownAddition(addition.operandScale) ?? [0, 0];
    return { scale, shift, offset: offset ?? (scale === 16874 ? zero : 6) };
  }
  const factor = Math.fround(Math.fround(input.scale * kernel.scale) / output.scale);
  const { scale, shift } = converterFor(factor, 1, fixes);
  return { scale, shift: truncateBits(operation, fixes) > 0 ? shift - 1 : shift, offset: zero };
};
