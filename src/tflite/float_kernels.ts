/**
 * TFLite's float kernels on one value, as the reference kernels calculate. Most are exact operations of float32; functions like
 * e^x come from the machine's library, which is right to a few units of the last place: their results are a range.
 */
import { gelu, geluByTanh } from './gelu.js';
import { halfAwayFromZero, typeRange } from './multiplier.js';
import { activation } from './operators.js';

/** A float32 lies in it, ends included. */
export interface FloatRange {
  readonly low: number;
  readonly high: number;
}

type Params = Readonly<Record<string, number>>;

interface FloatKernel {
  /** NaN where it has no result, or TFLite's is not known. */
  readonly apply: (x: number, params: Params) => number;
  /** Neither rises after it falls nor the other way round: a range becomes that between its ends. */
  readonly monotone: boolean;
  /** How far another library's result can be from this one. */
  readonly error?: (x: number, y: number) => number;
}

const { fround } = Math;
const unit = 2 ** -24;

const within =
  (low: number, high: number) =>
  (x: number): number =>
    Math.max(low, Math.min(high, x));

const exact = (apply: FloatKernel['apply'], monotone = true): FloatKernel => ({ apply, monotone });

/** @param units of the last place of the result, or of what it is a small difference of */
const about = (
  apply: FloatKernel['apply'],
  units: number,
  monotone: boolean,
  of: (x: number, y: number) => number = (_, y) => y,
): FloatKernel => ({
  apply,
  monotone,
  error: (x, y) => units * unit * Math.max(Math.abs(y), Math.abs(of(x, y))),
});

/** Halves to the even neighbour. */
const rounded = (x: number): number => {
  const below = Math.floor(x);
  const rest = x - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
};

const softened = (x: number): number => fround(1 / (1 + Math.exp(-x)));

const kernels: Readonly<Record<string, FloatKernel>> = {
  ABS: exact(Math.abs, false),
  CEIL: exact(Math.ceil),
  // Near 0 it is a small difference of 1.
  ELU: about(
    (x) => (x < 0 ? fround(Math.expm1(x)) : x),
    4,
    true,
    (x) => (x < 0 ? 1 : 0),
  ),
  EXP: about((x) => fround(Math.exp(x)), 4, true),
  FLOOR: exact(Math.floor),
  GELU: about(
    (x, { approximate = 0 }) => (approximate === 0 ? gelu(x) : geluByTanh(x)),
    8,
    false,
    (x) => x,
  ),
  HARD_SWISH: about(
    (x) => fround(fround(x * within(0, 6)(fround(x + 3))) / 6),
    4,
    false,
    (x) => x,
  ),
  LEAKY_RELU: exact((x, { alpha = 0 }) => (x > 0 ? x : fround(x * fround(alpha))), false),
  LOG: about((x) => fround(Math.log(x)), 4, true),
  LOGISTIC: about(softened, 6, true),
  NEG: exact((x) => -x),
  RELU: exact(within(0, Infinity)),
  RELU6: exact(within(0, 6)),
  RELU_0_TO_1: exact(within(0, 1)),
  RELU_N1_TO_1: exact(within(-1, 1)),
  ROUND: exact(rounded),
  RSQRT: exact((x) => fround(1 / fround(Math.sqrt(x))), false),
  SQRT: exact((x) => fround(Math.sqrt(x))),
  SQUARE: exact((x) => fround(x * x), false),
  TANH: about((x) => fround(Math.tanh(x)), 4, true),
};

const activations: ReadonlyMap<number, (x: number) => number> = new Map([
  [activation.none, (x) => x],
  [activation.relu, within(0, Infinity)],
  [activation.relu6, within(0, 6)],
  [activation.reluN1To1, within(-1, 1)],
]);

/** Of a value and a number that does not change, in their order. */
const pairKernels: Readonly<
  Record<string, { readonly of: (a: number, b: number) => number; readonly monotone: boolean }>
> = {
  ADD: { of: (a, b) => a + b, monotone: true },
  MAXIMUM: { of: Math.max, monotone: true },
  MINIMUM: { of: Math.min, monotone: true },
  MUL: { of: (a, b) => a * b, monotone: true },
  SQUARED_DIFFERENCE: { of: (a, b) => fround(a - b) ** 2, monotone: false },
  SUB: { of: (a, b) => a - b, monotone: true },
};

const activated = ({ activation: code = activation.none }: Params): ((x: number) => number) =>
  activations.get(code) ?? (() => NaN);

/** The kernel of an op of one operand; null where none is known. */
export const floatKernel = (op: string): FloatKernel | null => kernels[op] ?? null;

/** The kernel of an op of two operands, one of which is `constant`; null where none is known. */
export const floatPairKernel = (op: string, constant: number, first: boolean): FloatKernel | null => {
  const kernel = pairKernels[op];
  if (kernel === undefined) return null;
  const { of, monotone } = kernel;
  const apply: FloatKernel['apply'] = (x, params) =>
    activated(params)(fround(first ? of(constant, x) : of(x, constant)));
  return { apply, monotone };
};

const noError = (): number => 0;

/** What a kernel makes of a float that lies in a range; null where that cannot be told. */
export const floatResult = (
  { apply, monotone, error = noError }: FloatKernel,
  x: FloatRange,
  params: Params,
): FloatRange | null => {
  if (x.low !== x.high && !monotone) return null;
  const ends = [x.low, x.high].map((end) => ({ end, result: apply(end, params) }));
  if (!ends.every(({ result }) => Number.isFinite(result))) return null;
  const lows = ends.map(({ end, result }) => result - error(end, result));
  const highs = ends.map(({ end, result }) => result + error(end, result));
  return { low: Math.min(...lows), high: Math.max(...highs) };
};

/** The float32 of a code. */
export const dequantized = (
  code: number,
  { scale, stored }: { readonly scale: number; readonly stored: number },
): number => fround(scale * (code - stored));

/** The code of a float32; NaN beyond the integers of TFLite's kernel. */
export const quantized = (
  value: number,
  { scale, stored }: { readonly scale: number; readonly stored: number },
  type: 'int8' | 'uint8',
): number => {
  const steps = halfAwayFromZero(fround(fround(value) / scale));
  const [low, high] = typeRange(type);
  return Math.abs(steps) < 2 ** 31 - 256 ? Math.max(low, Math.min(high, steps + stored)) : NaN;
};
