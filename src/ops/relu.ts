/** RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1 as nodes of their own: to the output's scale on TFLite's grid, then the limits. */
import { clampFits } from '../requantize/conv_stages.js';
import { scaleStages } from '../requantize/copy_stages.js';
import { maps, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { clampBehind, rangeBetween } from './shared/code_range.js';
import type { Operation } from '../ir/operation.js';
import { rescale, scaleRule } from './quantize.js';
import { quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpDefinition, outputOf } from './shared/rule.js';

const reluOf = (op: string, bounds: readonly [number, number]): OpDefinition => ({
  op,
  rules: [oneType(maps(0)), planes(maps(0)), perTensor(maps(0)), scaleRule, unseen('a copy by the DPU alone')],
  lower: (context) => {
    const [input, output] = [inputOf(context, 0), outputOf(context)];
    const range = rangeBetween(output, bounds);
    if (input === null || output === null || range === null)
      throw new Error(`${op} #${context.node.index}: lowered against its rules`);
    const nodes = [context.node.index];
    const outputZeroPoint = quantizationOf(output).zeroPoint;
    const fits = clampFits({ range, outputZeroPoint });
    const stages = scaleStages({
      inputZeroPoint: quantizationOf(input).zeroPoint,
      multiplier: rescale(context),
      outputZeroPoint,
      range: fits ? range : [-128, 127],
    });
    const scaled: Operation = { kind: 'scale', nodes, input: input.index, output: output.index, stages };
    return fits ? [scaled] : [scaled, clampBehind(nodes, output.index, range)];
  },
});

export const relu = reluOf('RELU', [0, Infinity]);
export const relu6 = reluOf('RELU6', [0, 6]);
export const reluN1To1 = reluOf('RELU_N1_TO_1', [-1, 1]);
export const relu0To1 = reluOf('RELU_0_TO_1', [0, 1]);
