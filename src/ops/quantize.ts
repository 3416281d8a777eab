/** QUANTIZE between int8 and uint8, and to another scale: nothing at all where the NPU's codes stay the same. */
import { scaleStages } from '../requantize/copy_stages.js';
import { quantizeMultiplier, type QuantizedMultiplier } from '../tflite/multiplier.js';
import { scaleKeeper } from '../graph/numerics.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, formOf, type Narrowing } from './shared/match.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import { planeMaps, type QuantizedMaps, quantizedMaps, someByteMaps } from './shared/unary.js';

/** QUANTIZE divides the scales as double; RELU and its relatives keep of the quotient what the release does. */
const rescale = ({ node, graph, inputQuantization, outputQuantization }: OpContext & QuantizedMaps) => {
  const ratio = inputQuantization.scale / outputQuantization.scale;
  return quantizeMultiplier(node.op === 'QUANTIZE' ? ratio : scaleKeeper(graph.numerics)(ratio));
};

export interface Rescaled {
  readonly multiplier: QuantizedMultiplier;
}

export const rescaled: Narrowing<OpContext & QuantizedMaps, Rescaled> = {
  name: 'numbers',
  text: 'output scale at least 2^-8 of the input scale',
  narrow: (known) => {
    const multiplier = rescale(known);
    const { mantissa, shift } = multiplier;
    return mantissa > 0 && shift <= 8 ? { multiplier } : `an effective scale of 2^${shift}`;
  },
};

export const quantize: OpDefinition = {
  op: 'QUANTIZE',
  ...formOf(
    anyNode
      .narrow(someByteMaps)
      .narrow(planeMaps)
      .narrow(quantizedMaps)
      .narrow(rescaled)
      .check(unseen('a copy by the DPU alone')),
    ({ node, input, output, inputQuantization: from, outputQuantization: to, multiplier }) => {
      const base = { nodes: [node.index], input: input.index, output: output.index };
      if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return [{ ...base, kind: 'move' }];
      const numbers = { inputZeroPoint: from.zeroPoint, multiplier, outputZeroPoint: to.zeroPoint };
      return [{ ...base, kind: 'scale', stages: scaleStages({ ...numbers, range: [-128, 127] }) }];
    },
  ),
};
