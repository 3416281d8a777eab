/**
 * MUL by a constant, one for all values or one for each channel: a depthwise 1x1 convolution whose weights it is. Of two
 * feature maps: a DPU-only task. Of a feature map and a function of it `rewrite/` makes a table.
 */
import { type Numerics, scaleKeeper } from '../graph/numerics.js';
import { type ByteTensor, planeOf } from '../graph/tensor.js';
import type { FreshIds } from '../ir/build/arrange.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import { perChannelStages } from '../requantize/add_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import { type ProductNumbers, productStages, wantsSwap } from '../requantize/product_stages.js';
import type { Stages } from '../requantize/stages.js';
import { type CodeMap, multiplied } from '../tflite/activation_tables.js';
import { quantizeMultiplier } from '../tflite/multiplier.js';
import { convolutionOf } from './convolution.js';
import { type Activated, fusedActivation } from './shared/activation.js';
import { clampBehind } from './shared/code_range.js';
import { unseen } from './shared/common_rules.js';
import { type Lowered, numbersWrong } from './shared/conv_numbers.js';
import { anyNode, formOf, type Narrowing } from './shared/match.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import {
  type MatchedOperands,
  type Operands,
  operandsAlike,
  taskInputs,
  type TwoByteMaps,
  twoByteMaps,
  type TwoQuantizations,
  twoQuantizations,
} from './shared/two_operands.js';

type Numbers = OpContext & TwoByteMaps & TwoQuantizations & Activated;
type Factors = Numbers & MatchedOperands;

const multiplierOf = (numerics: Numerics, first: number, second: number, output: number) => {
  const kept = scaleKeeper(numerics);
  return quantizeMultiplier(kept(kept(first * second) / output));
};

/** By a constant, as weights. */
const weightsOf = (known: Factors, constant: Extract<Operands, { readonly kind: 'constant' }>): Lowered => {
  const { codes, map, constantFirst } = constant;
  const { firstQuantization: first, secondQuantization: second, outputQuantization: y } = known;
  const [x, c] = constantFirst ? [second, first] : [first, second];
  const channels = planeOf(map)[2];
  const weights = codes.length === 1 ? new Int8Array(channels).fill(codes[0]) : Int8Array.from(codes);
  const numbers: ConvNumbers = {
    multipliers: [multiplierOf(known.graph.numerics, x.scale, c.scale, y.scale)],
    bias: Int32Array.from(weights, (weight) => -x.zeroPoint * (weight - c.zeroPoint)),
    dead: Array.from(weights, (weight) => weight === c.zeroPoint),
    outputZeroPoint: y.zeroPoint,
    range: known.limits.range,
  };
  return { weights, weightZeroPoint: c.zeroPoint, inputZeroPoint: x.zeroPoint, numbers, reach: 255 * 255 };
};

/** TFLite's product of two codes that are functions of one code. */
export const productOf = (known: Numbers, first: CodeMap, second: CodeMap): CodeMap => {
  const { firstQuantization: a, secondQuantization: b, outputQuantization: y, output, limits } = known;
  const multiplier = multiplierOf(known.graph.numerics, a.scale, b.scale, y.scale);
  // Limits are the NPU's codes, which are signed.
  const lift = output.type === 'uint8' ? 128 : 0;
  const [low, high] = [limits.range[0] + lift, limits.range[1] + lift];
  return (code) => {
    const product = multiplied((first(code) - a.stored) * (second(code) - b.stored), multiplier);
    return Math.max(low, Math.min(high, product + y.stored));
  };
};

interface PairTask {
  readonly operands: Exclude<Operands, { readonly kind: 'constant' }>;
  readonly stages: Stages;
  readonly swapped: boolean;
}

/** Of two feature maps, perhaps `swapped`. */
const pairOf = (known: Factors, operands: PairTask['operands']): PairTask | null => {
  const { firstQuantization: a, secondQuantization: b, outputQuantization: y, limits } = known;
  const numbers: ProductNumbers = {
    multiplier: multiplierOf(known.graph.numerics, a.scale, b.scale, y.scale),
    zeroPoints: [a.zeroPoint, b.zeroPoint],
    outputZeroPoint: y.zeroPoint,
    range: limits.fits ? limits.range : [-128, 127],
  };
  const isPixel = operands.kind === 'pixel';
  const swapped = isPixel ? operands.position === 0 : wantsSwap(numbers);
  const inOrder: ProductNumbers = swapped ? { ...numbers, zeroPoints: [b.zeroPoint, a.zeroPoint] } : numbers;
  const planes = productStages(inOrder);
  const stages = isPixel ? perChannelStages(planes) : planes;
  return stages === null ? null : { operands, stages, swapped };
};

interface Product {
  readonly product:
    | { readonly kind: 'weights'; readonly map: ByteTensor; readonly lowered: Lowered }
    | ({ readonly kind: 'pair' } & PairTask);
}

const productRule: Narrowing<Factors, Product> = {
  name: 'numbers',
  text: 'output scale at least 2^-8 of the product of the two scales, with two feature maps at most 2^24 of it',
  narrow: (known) => {
    const { operands } = known;
    if (operands.kind === 'constant') {
      const lowered = weightsOf(known, operands);
      return numbersWrong(lowered) ?? { product: { kind: 'weights', map: operands.map, lowered } };
    }
    const pair = pairOf(known, operands);
    return pair === null ? 'scales too far apart' : { product: { kind: 'pair', ...pair } };
  },
};

const operationsOf = (
  { node, output, plane, product, limits }: Factors & Product,
  fresh: FreshIds,
): readonly Operation[] => {
  const base = { nodes: [node.index], output: output.index };
  switch (product.kind) {
    case 'weights': {
      const own = planeOf(product.map);
      const convolution = { ...base, input: product.map.index, depthwise: true, geometry: plainGeometry(own, own[2]) };
      return convolutionOf(convolution, product.lowered);
    }
    case 'pair': {
      const { operands, stages, swapped } = product;
      const { inputs: given, operations } = taskInputs(operands, plane, base.nodes, fresh);
      const inputs = swapped && operands.kind === 'planes' ? ([given[1], given[0]] as const) : given;
      const clamps = limits.fits ? [] : [clampBehind(base.nodes, output.index, limits.range)];
      return [...operations, { ...base, kind: 'pair', inputs, stages }, ...clamps];
    }
  }
};

const matcher = anyNode
  .narrow(twoByteMaps)
  .narrow(operandsAlike('channels'))
  .narrow(twoQuantizations)
  .narrow(fusedActivation)
  .narrow(productRule)
  .check(unseen('a product by the DPU alone, or a constant as weights'));

/** What TFLite calculates a product by, whatever the operands' shapes. */
export const factors = anyNode.narrow(twoByteMaps).narrow(twoQuantizations).narrow(fusedActivation);

export const mul: OpDefinition = { op: 'MUL', ...formOf(matcher, operationsOf) };
