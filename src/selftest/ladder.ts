/**
 * The self-test's ladder: what is run on a device that nobody has seen ptfe on, the smallest first. A rung that differs says
 * most where all below it agree.
 */
import { noise } from '../noise.js';
import { compilePart, type CompileOptions, hardwareOf } from '../compile.js';
import { facts, isSeen } from '../hardware/facts.js';
import { rewrittenGraph } from '../partition/check.js';
import type { Plan } from '../plan/format.js';
import { readPlan } from '../plan/read.js';
import { binary, convolution, pool, prelu, resize, type Subject, unary } from './models.js';

export interface Rung {
  readonly name: string;
  readonly plan: Uint8Array;
  readonly inputs: readonly Uint8Array[];
}

/** Facts whose assumed reading neither a board nor a shipped compiler has shown: what to ask a board first. */
export const silentFacts: readonly string[] = facts.filter((fact) => !isSeen(fact)).map(({ name }) => name);

const first: readonly (readonly [string, Subject])[] = [
  ['one atom: a 1x1 convolution of one pixel', convolution({ size: [1, 1, 16], to: 16 })],
  ['a 1x1 convolution', convolution({ size: [8, 8, 32], to: 32 })],
];

const single: readonly (readonly [string, Subject])[] = [
  ['a 1x1 convolution of many values', convolution({ size: [32, 32, 64], to: 64, filterScale: 0.004 })],
  // An effective scale of a power of two: many products lie halfway between two values.
  [
    'a convolution with halves',
    convolution({ size: [16, 16, 32], to: 32, inputScale: 1 / 16, filterScale: 1 / 64, outputScale: 1 / 4 }),
  ],
  ['MUL with halves', binary('MUL', [16, 16, 32], [1 / 16, 1 / 16], 1 / 4)],
  ['a convolution per channel', convolution({ size: [12, 12, 32], to: 32, kernel: 3, perChannel: true })],
  ['a convolution with RELU6', convolution({ size: [12, 12, 32], to: 32, kernel: 3, act: 'relu6' })],
  ['a convolution in uint8', convolution({ size: [12, 12, 32], to: 32, kernel: 3, type: 'uint8', act: 'relu6' })],
  ['a convolution of three channels', convolution({ size: [16, 16, 3], to: 16, kernel: 3, stride: 2 })],
  ['a depthwise convolution', convolution({ size: [12, 12, 32], kernel: 3 })],
  ['a depthwise convolution per channel', convolution({ size: [12, 12, 72], kernel: 3, perChannel: true })],
  ['ADD', binary('ADD', [16, 16, 32], [0.05, 0.03], 0.07)],
  ['SUB', binary('SUB', [16, 16, 32], [0.05, 0.03], 0.07)],
  ['MUL', binary('MUL', [16, 16, 32], [0.05, 0.03], 0.09)],
  ['MAXIMUM', binary('MAXIMUM', [16, 16, 32], [0.05, 0.05], 0.05)],
  ['PRELU', prelu([16, 16, 32])],
  ['LEAKY_RELU', unary('LEAKY_RELU', [16, 16, 32], 0.05, -3, { alpha: Math.fround(0.1) })],
  ['LOGISTIC', unary('LOGISTIC', [16, 16, 32], 1 / 256, -128)],
  ['ABS', unary('ABS', [16, 16, 32], 0.05, -3)],
  ['QUANTIZE', unary('QUANTIZE', [16, 16, 32], 0.07, 5)],
  ['AVERAGE_POOL_2D', pool('AVERAGE_POOL_2D', [12, 12, 32], 3)],
  ['MAX_POOL_2D', pool('MAX_POOL_2D', [12, 12, 32], 2)],
  ['RESIZE_NEAREST_NEIGHBOR', resize('RESIZE_NEAREST_NEIGHBOR', [6, 6, 32], 2)],
  ['RESIZE_BILINEAR', resize('RESIZE_BILINEAR', [6, 6, 32], 2)],
];

const growing: readonly (readonly [string, Subject])[] = [
  ['32x32x32 to 64', convolution({ size: [32, 32, 32], to: 64, kernel: 3 })],
  ['depthwise 112x112x32', convolution({ size: [112, 112, 32], kernel: 3 })],
  ['112x112x32 to 64', convolution({ size: [112, 112, 32], to: 64 })],
  ['56x56x64 to 64, 3x3', convolution({ size: [56, 56, 64], to: 64, kernel: 3 })],
  ['7x7x1024 to 1024', convolution({ size: [7, 7, 1024], to: 1024 })],
];

const options: CompileOptions = { trust: 'inferred', parts: 'all' };

/** Noise for each input of a plan. */
export const inputsOf = ({ tensors }: Plan): readonly Uint8Array[] =>
  tensors
    .filter(({ direction }) => direction === 'in')
    .map(({ shape }, i) => noise(shape[0] * shape[1] * shape[2] * shape[3], 77 + i));

export const rungOf = (name: string, plan: Uint8Array): Rung => ({ name, plan, inputs: inputsOf(readPlan(plan)) });

const compiled = ([name, { graph, part }]: readonly [string, Subject]): Rung => {
  const plan = compilePart(rewrittenGraph(graph, hardwareOf(options)), part, options);
  if (plan instanceof Uint8Array) return rungOf(name, plan);
  throw new Error(`self-test, ${name}: ${plan.refusals.map(({ text }) => text).join('; ')}`);
};

export const factsOf = ({ plan }: Pick<Rung, 'plan'>): ReadonlySet<string> =>
  new Set(readPlan(plan).ops.flatMap((op) => op.facts));

/** The rungs that rest on facts nobody could read from a program come first, those with the fewest facts before others. */
const silentFirst = (rungs: readonly Rung[]): readonly Rung[] => {
  const key = (rung: Rung): number => {
    const own = factsOf(rung);
    const isSilent = silentFacts.some((fact) => own.has(fact));
    return (isSilent ? 0 : facts.length + 1) + own.size;
  };
  return rungs.toSorted((a, b) => key(a) - key(b));
};

/** @param models plans of whole models, which are its last rungs */
export const ladder = (models: readonly (readonly [name: string, plan: Uint8Array])[]): readonly Rung[] => [
  ...first.map(compiled),
  ...silentFirst(single.map(compiled)),
  ...growing.map(compiled),
  ...models.map(([name, plan]) => rungOf(name, plan)),
];
