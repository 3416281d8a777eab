/**
 * MUL by a constant, one for all values or one for each channel: a depthwise 1x1 convolution whose weights it is. Of two
 * feature maps: a DPU-only task. Of a feature map and a function of it (x * sigmoid(x), squares): one table.
 */
import type { Node } from '../graph/graph.js';
import { perChannelStages } from '../requantize/add_stages.js';
import { type CodeMap, isDefined, multiplied } from '../tflite/activation_tables.js';
import type { ConvNumbers } from '../requantize/division.js';
import { type Numerics, scaleKeeper } from '../graph/numerics.js';
import { quantizeMultiplier } from '../tflite/multiplier.js';
import { type ProductNumbers, productStages, wantsSwap } from '../requantize/product_stages.js';
import type { Stages } from '../requantize/stages.js';
import { tableStages } from '../requantize/table_stages.js';
import { activationLimits, clampBehind, codeRange } from './shared/code_range.js';
import { knownActivation, maps, oneType, perTensor, unseen } from './shared/common_rules.js';
import { numbersWrong } from './shared/conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import { elu } from './elu.js';
import { exp } from './exp.js';
import { hardSwish } from './hard_swish.js';
import { leakyRelu } from './leaky_relu.js';
import { logistic } from './logistic.js';
import type { Operation } from '../ir/operation.js';
import { isByteTensor, planeOf, quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, refusalOf } from './shared/rule.js';
import { signedMap, tableNumbersOf } from './table.js';
import { tanh } from './tanh.js';
import { constantCodes, operandsAlike, pixelOf, pixelOperands, sides, wholeOperands } from './shared/two_operands.js';

const multiplierOf = (numerics: Numerics, first: number, second: number, output: number) => {
  const kept = scaleKeeper(numerics);
  return quantizeMultiplier(kept(kept(first * second) / output));
};

const loweredOf = (context: OpContext) => {
  const [map, constant] = sides(context);
  const output = outputOf(context);
  const range = codeRange(output, context.node.params['activation'] ?? 0);
  if (map === null || constant === null || output === null || range === null) return null;
  const [, , channels] = planeOf(map);
  const [x, c, y] = [quantizationOf(map), quantizationOf(constant), quantizationOf(output)];
  const codes = constantCodes(constant);
  const weights = Int8Array.from({ length: channels }, (_, channel) => codes[codes.length === 1 ? 0 : channel] ?? 0);
  const multiplier = multiplierOf(context.graph.numerics, x.scale, c.scale, y.scale);
  const numbers: ConvNumbers = {
    multipliers: [multiplier],
    bias: Int32Array.from(weights, (weight) => -x.zeroPoint * (weight - c.zeroPoint)),
    dead: Array.from(weights, (weight) => weight === c.zeroPoint),
    outputZeroPoint: y.zeroPoint,
    range,
  };
  return { weights, weightZeroPoint: c.zeroPoint, inputZeroPoint: x.zeroPoint, numbers, reach: 255 * 255 };
};

const gates = new Map([elu, exp, hardSwish, leakyRelu, logistic, tanh].map((gate) => [gate.op, gate]));

/** What `tensor` holds for each code of `source`; null where it is not made from it alone. */
const functionOf = (context: OpContext, tensor: number, source: number): CodeMap | null => {
  if (tensor === source) return (code) => code;
  const node = context.graph.nodes.find(({ outputs }) => outputs.includes(tensor));
  const gate = gates.get(node?.op ?? '');
  if (node === undefined || gate === undefined || node.inputs[0] !== source) return null;
  const own = { ...context, node };
  const numbers = tableNumbersOf(own);
  return numbers === null || refusalOf(gate, own) !== null ? null : gate.mapOf(numbers, own);
};

/** The product as a function of one of its operands: which one, and the stages. */
const tableOf = (context: OpContext): { readonly input: number; readonly stages: Stages } | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  const range = codeRange(output, context.node.params['activation'] ?? 0);
  if (!isByteTensor(first) || !isByteTensor(second) || !isByteTensor(output) || range === null) return null;
  for (const source of [first, second]) {
    const maps = [first, second].map((tensor) => functionOf(context, tensor.index, source.index));
    const [a, b] = maps;
    if (a == null || b == null) continue;
    const scaleOf = (tensor: typeof first): number => tensor.quantization?.scales[0] ?? 1;
    const zeroOf = (tensor: typeof first): number => tensor.quantization?.zeroPoints[0] ?? 0;
    const multiplier = multiplierOf(context.graph.numerics, scaleOf(first), scaleOf(second), scaleOf(output));
    const product = signedMap(
      (code) => multiplied((a(code) - zeroOf(first)) * (b(code) - zeroOf(second)), multiplier) + zeroOf(output),
      output.type,
    );
    if (!isDefined(product, 'int8')) return null;
    const [low, high] = range;
    return {
      input: source.index,
      stages: tableStages((code) => Math.max(low, Math.min(high, product(code)))),
    };
  }
  return null;
};

/** Nodes that a product is a table with: what makes one operand of the other. */
export const gatesOf = (context: OpContext): readonly Node[] => {
  const { graph, node } = context;
  if (node.op !== 'MUL' || tableOf(context) === null) return [];
  return graph.nodes.filter(
    ({ inputs, outputs }) =>
      outputs.some((tensor) => node.inputs.includes(tensor)) && node.inputs.includes(inputs[0] ?? -1),
  );
};

/** Stages of a product of two feature maps, perhaps `swapped`; `fits`: they clamp to the activation's range as well. */
const productOf = (
  context: OpContext,
): {
  readonly stages: Stages | null;
  readonly range: readonly [number, number];
  readonly fits: boolean;
  readonly swapped: boolean;
} | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  const limits = activationLimits(context);
  if (first === null || second === null || output === null || limits === null) return null;
  const [a, b, y] = [quantizationOf(first), quantizationOf(second), quantizationOf(output)];
  const { range, fits } = limits;
  const numbers: ProductNumbers = {
    multiplier: multiplierOf(context.graph.numerics, a.scale, b.scale, y.scale),
    zeroPoints: [a.zeroPoint, b.zeroPoint],
    outputZeroPoint: y.zeroPoint,
    range: fits ? range : [-128, 127],
  };
  const pixel = pixelOf(context);
  const swapped = pixel === null ? wantsSwap(numbers) : pixel === 0;
  const inOrder: ProductNumbers = swapped ? { ...numbers, zeroPoints: [b.zeroPoint, a.zeroPoint] } : numbers;
  const planes = productStages(inOrder);
  return { stages: pixel === null ? planes : perChannelStages(planes), range, fits, swapped };
};

const productOperations = (context: OpContext): readonly Operation[] => {
  const { node } = context;
  const base = { nodes: [node.index], output: node.outputs[0] ?? -1 };
  const table = tableOf(context);
  if (table !== null) return [{ ...base, kind: 'scale', ...table }];
  const product = productOf(context);
  const pixel = pixelOf(context);
  const { inputs: given, operations } = pixel === null ? wholeOperands(context) : pixelOperands(context, pixel);
  if (product?.stages == null) throw new Error(`MUL #${node.index}: lowered against its rules`);
  const inputs = product.swapped && pixel === null ? ([given[1], given[0]] as const) : given;
  const pair: Operation = { ...base, kind: 'pair', inputs, stages: product.stages };
  return product.fits
    ? [...operations, pair]
    : [...operations, pair, clampBehind(base.nodes, base.output, product.range)];
};

export const mul: OpDefinition = {
  op: 'MUL',
  rules: [
    oneType(maps(0, 1)),
    operandsAlike('channels'),
    perTensor(maps(0, 1)),
    knownActivation,
    {
      name: 'numbers',
      text: 'output scale at least 2^-8 of the product of the two scales, with two feature maps at most 2^24 of it',
      broken: (context) => {
        if (sides(context)[1] !== null) return numbersWrong(loweredOf(context));
        return tableOf(context) !== null || productOf(context)?.stages != null ? null : 'scales too far apart';
      },
    },
    unseen('a product by the DPU alone, or a constant as weights'),
  ],
  lower: (context) => {
    const [map, constant] = sides(context);
    if (constant === null) return productOperations(context);
    const lowered = loweredOf(context);
    if (lowered === null || map === null) throw new Error(`MUL #${context.node.index}: lowered against its rules`);
    const plane = planeOf(map);
    const base = { nodes: [context.node.index], input: map.index, output: context.node.outputs[0] ?? -1 };
    return convolutionOf({ ...base, depthwise: true, geometry: plainGeometry(plane, plane[2]) }, lowered);
  },
};
