/**
 * What ADD and SUB have in common. Two tensors are a DPU-only task (a sum may go into the convolution that makes an
 * operand); a tensor and a constant are one with the constant in BN, or a depthwise 1x1 convolution with one for each channel.
 */
import {
  addStages,
  type AddNumbers,
  perChannelStages,
  subtractFirstStages,
  subtractStages,
  swappedNumbers,
} from '../requantize/add_stages.js';
import { affineCode, affineStages } from '../requantize/affine_stages.js';
import type { Stages } from '../requantize/stages.js';
import { sumOfCodes } from '../requantize/sum_codes.js';
import { tableStages } from '../requantize/table_stages.js';
import { activationLimits, clampBehind } from './shared/code_range.js';
import { knownActivation, maps, oneType, perTensor, unseen } from './shared/common_rules.js';
import { identityConvolution } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import { isByteTensor, planeOf, quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';
import {
  constantCodes,
  isConstantFirst,
  operandsAlike,
  pixelOf,
  pixelOperands,
  sides,
  wholeOperands,
} from './shared/two_operands.js';

const allCodes = Array.from({ length: 256 }, (_, i) => i - 128);

const numbersOf = (context: OpContext): AddNumbers | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  const limits = activationLimits(context);
  if (!isByteTensor(first) || !isByteTensor(second) || !isByteTensor(output) || limits === null) return null;
  const [a, b, y] = [quantizationOf(first), quantizationOf(second), quantizationOf(output)];
  return {
    firstScale: a.scale,
    firstZeroPoint: a.zeroPoint,
    secondScale: b.scale,
    secondZeroPoint: b.zeroPoint,
    outputScale: y.scale,
    outputZeroPoint: y.zeroPoint,
    range: limits.fits ? limits.range : [-128, 127],
  };
};

/** Stages with a constant operand; `sign` is that of the second operand. */
const constantStages = (context: OpContext, sign: 1 | -1): Stages | null => {
  const [map, constant] = sides(context);
  const output = outputOf(context);
  const limits = activationLimits(context);
  if (map === null || constant === null || output === null || limits === null) return null;
  const [x, c, y] = [quantizationOf(map), quantizationOf(constant), quantizationOf(output)];
  const [mapSign, constantSign] = isConstantFirst(context) ? [sign, 1] : [1, sign];
  const affine = affineStages({
    ratio: (mapSign * x.scale) / y.scale,
    inputZeroPoint: x.zeroPoint,
    constants: constantCodes(constant).map((code) => (constantSign * c.scale * (code - c.zeroPoint)) / y.scale),
    outputZeroPoint: y.zeroPoint,
    range: limits.fits ? limits.range : [-128, 127],
  });
  return exactStages(context, sign, affine);
};

/** One constant for all channels: the same stages where they give TFLite's code for every code, else a table. */
const exactStages = (context: OpContext, sign: 1 | -1, affine: Stages | null): Stages | null => {
  const constant = sides(context)[1];
  const numbers = numbersOf(context);
  if (constant === null || numbers === null) return affine;
  const [code = 0, ...others] = constantCodes(constant);
  if (others.length > 0) return affine;
  // TFLite ends the process at sums that it would have to multiply.
  if (!(Math.max(numbers.firstScale, numbers.secondScale) / numbers.outputScale < 2 ** 19)) return null;
  const sum = sumOfCodes(numbers, sign);
  const exact = isConstantFirst(context) ? (x: number) => sum(code, x) : (x: number) => sum(x, code);
  const agrees = affine !== null && allCodes.every((x) => affineCode(affine, x) === exact(x));
  return agrees ? affine : tableStages(exact);
};

const stagesOf = (context: OpContext, sign: 1 | -1): Stages | null => {
  if (sides(context)[1] !== null) return constantStages(context, sign);
  const numbers = numbersOf(context);
  if (numbers === null) return null;
  const pixel = pixelOf(context);
  if (pixel !== null) return perChannelStages(pixelStages(numbers, pixel, sign));
  return sign === 1 ? addStages(numbers) : subtractStages(numbers);
};

/** With the plane as the first operand. */
const pixelStages = (numbers: AddNumbers, pixel: 0 | 1, sign: 1 | -1): Stages | null => {
  if (pixel === 1) return sign === 1 ? addStages(numbers) : subtractStages(numbers);
  const turned = swappedNumbers(numbers);
  return sign === 1 ? addStages(turned) : subtractFirstStages(turned);
};

const operationsOf = (context: OpContext, sign: 1 | -1): readonly Operation[] => {
  const { node } = context;
  const stages = stagesOf(context, sign);
  const numbers = numbersOf(context);
  if (stages === null || numbers === null) throw new Error(`${node.op} #${node.index}: lowered against its rules`);
  const base = { nodes: [node.index], output: node.outputs[0] ?? -1 };
  const [map, constant] = sides(context);
  if (constant !== null && map !== null) {
    if (!(stages.bn?.add instanceof Int32Array))
      return [
        {
          ...base,
          kind: 'scale',
          input: map.index,
          stages: { ...stages, facts: [...stages.facts, 'int8_flying'] },
        },
      ];
    return [{ ...identityConvolution({ ...base, kind: 'move', input: map.index }, planeOf(map)), stages }];
  }
  const pixel = pixelOf(context);
  if (pixel !== null) {
    const { inputs, operations } = pixelOperands(context, pixel);
    return [...operations, { ...base, kind: 'pair', inputs, stages }];
  }
  const { inputs, operations } = wholeOperands(context);
  return [
    ...operations,
    sign === 1 ? { ...base, kind: 'add', inputs, numbers } : { ...base, kind: 'pair', inputs, stages },
  ];
};

export const sumOf = (op: string, sign: 1 | -1): OpDefinition => ({
  op,
  rules: [
    oneType(maps(0, 1)),
    operandsAlike('channels'),
    perTensor(maps(0, 1)),
    knownActivation,
    {
      name: 'numbers',
      text: 'scales that three 15-bit factors carry to within half a count of TFLite',
      broken: (context) => (stagesOf(context, sign) === null ? 'scales too far apart' : null),
    },
    unseen('an int8 elementwise task'),
  ],
  lower: (context) => {
    const operations = operationsOf(context, sign);
    const limits = activationLimits(context);
    if (limits === null || limits.fits) return operations;
    const { node } = context;
    return [...operations, clampBehind([node.index], node.outputs[0] ?? -1, limits.range)];
  },
});
