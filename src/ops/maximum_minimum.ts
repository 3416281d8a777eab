/** MAXIMUM and MINIMUM: TFLite compares the codes as they are, whatever their scales. */
import { extremeStages, perChannelStages } from '../requantize/add_stages.js';
import { maps, oneType, unseen } from './shared/common_rules.js';
import { constantCodes, operandsAlike, pixelOf, pixelOperands, sides, wholeOperands } from './shared/two_operands.js';
import type { OpDefinition } from './shared/rule.js';

const extremeOf = (op: string, algorithm: 'max' | 'min'): OpDefinition => ({
  op,
  rules: [oneType(maps(0, 1)), operandsAlike('one'), unseen('an int8 elementwise task')],
  lower: (context) => {
    const { node } = context;
    const [input, constant] = sides(context, 'one');
    const base = { nodes: [node.index], output: node.outputs[0] ?? -1 };
    if (constant !== null) {
      const [code = 0] = constantCodes(constant);
      const range = algorithm === 'max' ? ([code, 127] as const) : ([-128, code] as const);
      return [{ ...base, kind: 'clamp', input: input?.index ?? -1, range }];
    }
    const pixel = pixelOf(context);
    const { inputs, operations } = pixel === null ? wholeOperands(context) : pixelOperands(context, pixel);
    const planes = extremeStages(algorithm);
    const stages = pixel === null ? planes : (perChannelStages(planes) ?? planes);
    return [...operations, { ...base, kind: 'pair', inputs, stages }];
  },
});

export const maximum = extremeOf('MAXIMUM', 'max');
export const minimum = extremeOf('MINIMUM', 'min');
