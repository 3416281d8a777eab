/**
 * How far Mesa's numbers may lead a value away from TFLite's, from its formulas alone. TFLite rounds sum * m to the
 * mantissa's grid and then to an integer; Mesa rounds once, with a multiplier of 15 bits whose last one is added, with
 * sums that may lose a bit, and with biases divided towards zero. A value can differ only where the exact product lies as
 * near to the boundary between two values as all of this moves it.
 */
import { at, int32At } from '../../in_range.js';
import { valuesOf } from '../reference/convolution.js';
import type { ByteType, ConvolutionLayer } from '../reference/layer.js';
import { clamp } from '../reference/requantize.js';
import { asMesa, type Fixes } from './defects.js';
import type { MesaOperation } from './operation.js';
import { outputConverter, truncateBits } from './requantize.js';

export interface Bound {
  /** TFLite's factor of the sums. */
  readonly factor: number;
  /** Half of TFLite's first grid, in counts of the output; a value of 2^-(e+1). */
  readonly grid: number;
  /** Mesa's multiplier against it: what the 15 bits and the 1 allow at most, if it is further off. */
  readonly relative: number;
  /** What cut bits and divided biases move, in counts. */
  readonly cut: number;
  /** Largest difference of any value, in counts. */
  readonly counts: number;
}

/** A multiplier of 15 bits with its lowest bit added. */
const multiplierError = 2 ** -14;

const widest = 255;

export const boundOf = (layer: ConvolutionLayer, operation: MesaOperation, fixes: Fixes = asMesa): Bound => {
  const { mantissa, shift } = layer.multipliers[0] ?? { mantissa: 0, shift: 0 };
  const factor = mantissa * 2 ** (shift - 31);
  const bits = truncateBits(operation, fixes);
  const converter = outputConverter(operation, fixes);
  const mesaFactor = (converter.scale * 2 ** -converter.shift) / 2 ** bits;
  const relative = Math.min(Math.abs(mesaFactor / factor - 1), multiplierError);
  const cut = bits === 0 ? 0 : (2 ** (bits - 1) + (2 ** bits - 1)) * factor;
  const grid = shift < 0 ? 2 ** (shift - 1) : 0;
  return { factor, grid, relative, cut, counts: Math.max(1, Math.ceil(widest * relative + cut + grid)) };
};

export interface Comparison {
  readonly values: number;
  readonly different: number;
  readonly largest: number;
  /** Values that the bound lets differ; null where only their size is bounded (a fused ADD). */
  readonly mayDiffer: number | null;
  /** Values that a single exact rounding would give otherwise than TFLite's two: no defect of Mesa's. null as above. */
  readonly doubleRounding: number | null;
  /** Values that differ and may not, or by more than the bound's counts. */
  readonly outside: number;
}

/** Doubles carry sums times factors to far below this. */
const epsilon = 2 ** -30;

const halfEven = (value: number): number => {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
};

/** @param expected TFLite's bytes for the sums; @param got the NPU's */
export const compareSums = (
  layer: ConvolutionLayer,
  bound: Bound,
  sums: Int32Array,
  expected: Uint8Array,
  got: Uint8Array,
): Comparison => {
  const { range, outputZeroPoint: zero, type } = layer;
  const [wantedCodes, gotCodes] = [valuesOf(expected, type), valuesOf(got, type)];
  let [different, largest, mayDiffer, doubleRounding, outside] = [0, 0, 0, 0, 0];
  for (let i = 0; i < sums.length; i++) {
    const exact = int32At(sums, i) * bound.factor;
    const moved = Math.abs(exact) * bound.relative + bound.cut + bound.grid + epsilon;
    const wanted = at(wantedCodes, i);
    const near = Math.abs(exact - Math.floor(exact) - 0.5) <= moved;
    const stays = clamp(Math.floor(exact - moved) + zero, range) === clamp(Math.ceil(exact + moved) + zero, range);
    if (near && !stays) mayDiffer++;
    if (clamp(halfEven(exact) + zero, range) !== wanted) doubleRounding++;
    const difference = Math.abs(wanted - at(gotCodes, i));
    if (difference === 0) continue;
    different++;
    largest = Math.max(largest, difference);
    if (!near || difference > bound.counts) outside++;
  }
  return { values: sums.length, different, largest, mayDiffer, doubleRounding, outside };
};

/** A fused ADD: Mesa adds before TFLite would have rounded, so the inner grid and both factors count. */
export const additionCounts = (operation: MesaOperation, innerScale: number): number => {
  const { output, addition } = operation;
  const operandScale = addition === null ? 0 : addition.operandScale;
  const [inner, other] = [innerScale / output.scale, operandScale / output.scale];
  return Math.max(1, Math.ceil(0.5 * inner + multiplierError * widest * (inner + other) + 0.5));
};

/** Bytes against bytes, where no sums are at hand. */
export const compareBytes = (type: ByteType, expected: Uint8Array, got: Uint8Array, counts: number): Comparison => {
  const gotCodes = valuesOf(got, type);
  let [different, largest, outside] = [0, 0, 0];
  for (const [i, wanted] of valuesOf(expected, type).entries()) {
    const difference = Math.abs(wanted - at(gotCodes, i));
    if (difference > 0) different++;
    if (difference > counts) outside++;
    largest = Math.max(largest, difference);
  }
  return { values: expected.length, different, largest, mayDiffer: null, doubleRounding: null, outside };
};

export const isWithin = ({ outside }: Comparison): boolean => outside === 0;
