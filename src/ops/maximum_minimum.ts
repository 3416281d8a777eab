/** MAXIMUM and MINIMUM: TFLite compares the codes as they are, whatever their scales. */
import { extremeStages, withChannelOperand } from '../requantize/add_stages.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, formOf } from './shared/match.js';
import type { OpDefinition } from './shared/rule.js';
import { operandsAlike, taskInputs, twoByteMaps } from './shared/two_operands.js';

const extremeOf = (op: string, algorithm: 'max' | 'min'): OpDefinition => ({
  op,
  ...formOf(
    anyNode.narrow(twoByteMaps).narrow(operandsAlike('one')).check(unseen('an int8 elementwise task')),
    ({ node, output, operands, plane }, fresh) => {
      const base = { nodes: [node.index], output: output.index };
      if (operands.kind === 'constant') {
        const [code] = operands.codes;
        const range = algorithm === 'max' ? ([code, 127] as const) : ([-128, code] as const);
        return [{ ...base, kind: 'clamp', input: operands.map.index, range }];
      }
      const { inputs, operations } = taskInputs(operands, plane, base.nodes, fresh);
      const planes = extremeStages(algorithm);
      const stages = operands.kind === 'planes' ? planes : withChannelOperand(planes);
      return [...operations, { ...base, kind: 'pair', inputs, stages }];
    },
  ),
});

export const maximum = extremeOf('MAXIMUM', 'max');
export const minimum = extremeOf('MINIMUM', 'min');
