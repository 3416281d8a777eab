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
import { identityConvolution } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import type { FreshIds } from '../ir/build/arrange.js';
import { planeOf } from '../graph/tensor.js';
import { type Activated, fusedActivation } from './shared/activation.js';
import { clampBehind } from './shared/code_range.js';
import { unseen } from './shared/common_rules.js';
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

type Sign = 1 | -1;

type Summands = OpContext & TwoByteMaps & TwoQuantizations & MatchedOperands & Activated;

interface Summed {
  readonly numbers: AddNumbers;
  readonly stages: Stages;
}

const allCodes = Array.from({ length: 256 }, (_, i) => i - 128);

const numbersOf = ({
  firstQuantization: a,
  secondQuantization: b,
  outputQuantization: y,
  limits,
}: Summands): AddNumbers => ({
  firstScale: a.scale,
  firstZeroPoint: a.zeroPoint,
  secondScale: b.scale,
  secondZeroPoint: b.zeroPoint,
  outputScale: y.scale,
  outputZeroPoint: y.zeroPoint,
  range: limits.fits ? limits.range : [-128, 127],
});

type Constant = Extract<Operands, { readonly kind: 'constant' }>;

/** The constant between two factors of ADD. `sign` is that of the second operand. */
const constantStages = (known: Summands, { codes, constantFirst }: Constant, sign: Sign): Stages | null => {
  const { firstQuantization, secondQuantization, outputQuantization: y } = known;
  const [x, c] = constantFirst ? [secondQuantization, firstQuantization] : [firstQuantization, secondQuantization];
  const [mapSign, constantSign] = constantFirst ? [sign, 1] : [1, sign];
  return affineStages({
    ratio: (mapSign * x.scale) / y.scale,
    inputZeroPoint: x.zeroPoint,
    constants: codes.map((code) => (constantSign * c.scale * (code - c.zeroPoint)) / y.scale),
    outputZeroPoint: y.zeroPoint,
    range: numbersOf(known).range,
  });
};

/** One constant for all channels: the same stages where they give TFLite's code for every code, else a table. */
const exactStages = (numbers: AddNumbers, { codes, constantFirst }: Constant, sign: Sign, affine: Stages | null) => {
  const [code, ...others] = codes;
  if (others.length > 0) return affine;
  // TFLite ends the process at sums that it would have to multiply.
  if (!(Math.max(numbers.firstScale, numbers.secondScale) / numbers.outputScale < 2 ** 19)) return null;
  const sum = sumOfCodes(numbers, sign);
  const exact = constantFirst ? (x: number) => sum(code, x) : (x: number) => sum(x, code);
  const agrees = affine !== null && allCodes.every((x) => affineCode(affine, x) === exact(x));
  return agrees ? affine : tableStages(exact);
};

/** With the plane as the first operand. */
const pixelStages = (numbers: AddNumbers, pixel: 0 | 1, sign: Sign): Stages | null => {
  if (pixel === 1) return sign === 1 ? addStages(numbers) : subtractStages(numbers);
  const turned = swappedNumbers(numbers);
  return sign === 1 ? addStages(turned) : subtractFirstStages(turned);
};

const stagesOf = (known: Summands, sign: Sign): Stages | null => {
  const { operands } = known;
  const numbers = numbersOf(known);
  switch (operands.kind) {
    case 'constant':
      return exactStages(numbers, operands, sign, constantStages(known, operands, sign));
    case 'pixel':
      return perChannelStages(pixelStages(numbers, operands.position, sign));
    case 'planes':
      return sign === 1 ? addStages(numbers) : subtractStages(numbers);
  }
};

const summed = (sign: Sign): Narrowing<Summands, Summed> => ({
  name: 'numbers',
  text: 'scales that three 15-bit factors carry to within half an LSB of TFLite',
  narrow: (known) => {
    const stages = stagesOf(known, sign);
    return stages === null ? 'scales too far apart' : { stages, numbers: numbersOf(known) };
  },
});

const operationsOf = (known: Summands & Summed, sign: Sign, fresh: FreshIds): readonly Operation[] => {
  const { node, output, operands, plane, stages, numbers } = known;
  const base = { nodes: [node.index], output: output.index };
  if (operands.kind === 'constant') {
    const { map } = operands;
    if (!(stages.bn?.add instanceof Int32Array)) {
      const facts = [...stages.facts, 'int8_flying'] as const;
      return [{ ...base, kind: 'scale', input: map.index, stages: { ...stages, facts } }];
    }
    return [{ ...identityConvolution({ ...base, kind: 'move', input: map.index }, planeOf(map)), stages }];
  }
  const { inputs, operations } = taskInputs(operands, plane, base.nodes, fresh);
  const isSum = operands.kind === 'planes' && sign === 1;
  return [...operations, isSum ? { ...base, kind: 'add', inputs, numbers } : { ...base, kind: 'pair', inputs, stages }];
};

export const sumOf = (op: string, sign: Sign): OpDefinition => ({
  op,
  ...formOf(
    anyNode
      .narrow(twoByteMaps)
      .narrow(operandsAlike('channels'))
      .narrow(twoQuantizations)
      .narrow(fusedActivation)
      .narrow(summed(sign))
      .check(unseen('an int8 elementwise task')),
    (known, fresh) => {
      const operations = operationsOf(known, sign, fresh);
      const { node, output, limits } = known;
      return limits.fits ? operations : [...operations, clampBehind([node.index], output.index, limits.range)];
    },
  ),
});
