/** RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1 as nodes of their own: to the output's scale on TFLite's grid, then the limits. */
import { clampFits } from '../requantize/conv_stages.js';
import { scaleStages } from '../requantize/copy_stages.js';
import type { Operation } from '../ir/operation.js';
import { rescaled } from './quantize.js';
import { clampBehind, rangeBetween } from './shared/code_range.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, formOf } from './shared/match.js';
import type { OpDefinition } from './shared/rule.js';
import { byteMaps, planeMaps, quantizedMaps } from './shared/unary.js';

const reluOf = (op: string, bounds: readonly [number, number]): OpDefinition => ({
  op,
  ...formOf(
    anyNode
      .narrow(byteMaps)
      .narrow(planeMaps)
      .narrow(quantizedMaps)
      .narrow(rescaled)
      .check(unseen('a copy by the DPU alone')),
    ({ node, input, output, inputQuantization, outputQuantization, multiplier }) => {
      const nodes = [node.index];
      const range = rangeBetween(outputQuantization, output.type, bounds);
      const outputZeroPoint = outputQuantization.zeroPoint;
      const fits = clampFits({ range, outputZeroPoint });
      const stages = scaleStages({
        inputZeroPoint: inputQuantization.zeroPoint,
        multiplier,
        outputZeroPoint,
        range: fits ? range : [-128, 127],
      });
      const scaled: Operation = { kind: 'scale', nodes, input: input.index, output: output.index, stages };
      return fits ? [scaled] : [scaled, clampBehind(nodes, output.index, range)];
    },
  ),
});

export const relu = reluOf('RELU', [0, Infinity]);
export const relu6 = reluOf('RELU6', [0, 6]);
export const reluN1To1 = reluOf('RELU_N1_TO_1', [-1, 1]);
export const relu0To1 = reluOf('RELU_0_TO_1', [0, 1]);
