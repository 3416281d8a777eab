/**
 * MUL by a constant, one for all values or one for each channel: a depthwise 1x1 convolution whose weights it is. Of two
 * feature maps: a DPU-only task. Of a feature map and a function of it (x * sigmoid(x), squares): one table.
 */
import type { Node } from '../graph/graph.js';
import { type Numerics, scaleKeeper } from '../graph/numerics.js';
import { type ByteTensor, planeOf, quantizationOf } from '../graph/tensor.js';
import type { Spare } from '../ir/build/arrange.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import { perChannelStages } from '../requantize/add_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import { type ProductNumbers, productStages, wantsSwap } from '../requantize/product_stages.js';
import type { Stages } from '../requantize/stages.js';
import { tableStages } from '../requantize/table_stages.js';
import { type CodeMap, isDefined, multiplied } from '../tflite/activation_tables.js';
import { quantizeMultiplier } from '../tflite/multiplier.js';
import { convolutionOf } from './convolution.js';
import { elu } from './elu.js';
import { exp } from './exp.js';
import { hardSwish } from './hard_swish.js';
import { leakyRelu } from './leaky_relu.js';
import { logistic } from './logistic.js';
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
import { signedMap, tableNumbersOf } from './table.js';
import { tanh } from './tanh.js';

type Factors = OpContext & TwoByteMaps & TwoQuantizations & MatchedOperands & Activated;

const multiplierOf = (numerics: Numerics, first: number, second: number, output: number) => {
  const kept = scaleKeeper(numerics);
  return quantizeMultiplier(kept(kept(first * second) / output));
};

/** By a constant, as weights. */
const weightsOf = (known: Factors, constant: Extract<Operands, { readonly kind: 'constant' }>): Lowered => {
  const { codes, map } = constant;
  const [x, c] = [quantizationOf(map), quantizationOf(constant.constant)];
  const y = known.outputQuantization;
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

const gates = new Map([elu, exp, hardSwish, leakyRelu, logistic, tanh].map((gate) => [gate.op, gate]));

/** What `tensor` holds for each code of `source`; null where it is not made from it alone. */
const functionOf = (context: OpContext, tensor: number, source: number): CodeMap | null => {
  if (tensor === source) return (code) => code;
  const node = context.graph.nodes.find(({ outputs }) => outputs.includes(tensor));
  const gate = node === undefined ? undefined : gates.get(node.op);
  if (node === undefined || gate === undefined || node.inputs[0] !== source) return null;
  const own = { ...context, node };
  const numbers = tableNumbersOf(own);
  return numbers === null || gate.match(own).match === null ? null : gate.mapOf(numbers, own);
};

interface TableTask {
  readonly input: number;
  readonly stages: Stages;
}

/** The product as a function of one of its operands: which one, and the stages. */
const tableOf = (known: Factors): TableTask | null => {
  const { first, second, output, firstQuantization: a, secondQuantization: b, outputQuantization: y, limits } = known;
  for (const source of [first, second]) {
    const [mapA, mapB] = [functionOf(known, first.index, source.index), functionOf(known, second.index, source.index)];
    if (mapA === null || mapB === null) continue;
    const multiplier = multiplierOf(known.graph.numerics, a.scale, b.scale, y.scale);
    const product = signedMap(
      (code) => multiplied((mapA(code) - a.stored) * (mapB(code) - b.stored), multiplier) + y.stored,
      output.type,
    );
    if (!isDefined(product, 'int8')) return null;
    const [low, high] = limits.range;
    return { input: source.index, stages: tableStages((code) => Math.max(low, Math.min(high, product(code)))) };
  }
  return null;
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
    | ({ readonly kind: 'table' } & TableTask)
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
    const table = tableOf(known);
    if (table !== null) return { product: { kind: 'table', ...table } };
    const pair = pairOf(known, operands);
    return pair === null ? 'scales too far apart' : { product: { kind: 'pair', ...pair } };
  },
};

const operationsOf = (
  { node, output, plane, product, limits }: Factors & Product,
  fresh: Spare,
): readonly Operation[] => {
  const base = { nodes: [node.index], output: output.index };
  switch (product.kind) {
    case 'weights': {
      const own = planeOf(product.map);
      const convolution = { ...base, input: product.map.index, depthwise: true, geometry: plainGeometry(own, own[2]) };
      return convolutionOf(convolution, product.lowered);
    }
    case 'table':
      return [{ ...base, kind: 'scale', input: product.input, stages: product.stages }];
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

/** Nodes that a product is a table with: what makes one operand of the other. */
export const gatesOf = (context: OpContext): readonly Node[] => {
  const { graph, node } = context;
  if (node.op !== 'MUL') return [];
  const done = matcher.run(context);
  if ('wrong' in done || done.known.product.kind !== 'table') return [];
  return graph.nodes.filter(
    ({ inputs: [input], outputs }) =>
      outputs.some((tensor) => node.inputs.includes(tensor)) && input !== undefined && node.inputs.includes(input),
  );
};

export const mul: OpDefinition = { op: 'MUL', ...formOf(matcher, operationsOf) };
