/** QUANTIZE between int8 and uint8, and to another scale: nothing at all where the NPU's codes stay the same. */
import { scaleStages } from '../requantize/copy_stages.js';
import { quantizeMultiplier, type QuantizedMultiplier } from '../tflite/multiplier.js';
import { scaleKeeper } from '../graph/numerics.js';
import { byteTypes, maps, perTensor, planes, unseen } from './shared/common_rules.js';
import { quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, type Rule } from './shared/rule.js';

/** QUANTIZE divides the scales as double; RELU and its relatives keep of the quotient what the release does. */
export const rescale = (context: OpContext): QuantizedMultiplier => {
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  if (input === null || output === null) return { mantissa: 0, shift: 0 };
  const ratio = quantizationOf(input).scale / quantizationOf(output).scale;
  return quantizeMultiplier(context.node.op === 'QUANTIZE' ? ratio : scaleKeeper(context.graph.numerics)(ratio));
};

export const scaleRule: Rule = {
  name: 'numbers',
  text: 'output scale at least 2^-8 of the input scale',
  broken: (context) => {
    const { mantissa, shift } = rescale(context);
    return mantissa > 0 && shift <= 8 ? null : `an effective scale of 2^${shift}`;
  },
};

export const quantize: OpDefinition = {
  op: 'QUANTIZE',
  rules: [byteTypes(maps(0)), planes(maps(0)), perTensor(maps(0)), scaleRule, unseen('a copy by the DPU alone')],
  lower: (context) => {
    const [input, output] = [inputOf(context, 0), outputOf(context)];
    if (input === null || output === null)
      throw new Error(`QUANTIZE #${context.node.index}: lowered against its rules`);
    const base = { nodes: [context.node.index], input: input.index, output: output.index };
    const [from, to] = [quantizationOf(input), quantizationOf(output)];
    if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return [{ ...base, kind: 'move' }];
    const stages = scaleStages({
      inputZeroPoint: from.zeroPoint,
      multiplier: rescale(context),
      outputZeroPoint: to.zeroPoint,
      range: [-128, 127],
    });
    return [{ ...base, kind: 'scale', stages }];
  },
};
