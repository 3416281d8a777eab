/** x by one slope from the zero-point up, by others below it, as one task of the DPU; where that gives every code. */
import { at } from '../../in_range.js';
import type { FreshIds } from '../../ir/build/arrange.js';
import type { Operation } from '../../ir/operation.js';
import { planeOf } from '../../graph/tensor.js';
import { slopeForm, type SlopeNumbers } from '../../requantize/slope_stages.js';
import type { OpContext } from './rule.js';
import type { ByteMaps, QuantizedMaps } from './unary.js';

/** @param factors of TFLite's multiplier below zero: one, or one for each channel */
export const slopeOperations = (
  { node, input, output, inputQuantization, outputQuantization }: OpContext & ByteMaps & QuantizedMaps,
  { above, below }: Pick<SlopeNumbers, 'above' | 'below'>,
  factors: readonly number[],
  fresh: FreshIds,
): readonly Operation[] | null => {
  const [height, width, channels] = planeOf(output);
  const one = factors.every((factor) => factor === factors[0]);
  const form = slopeForm({
    inputZeroPoint: inputQuantization.zeroPoint,
    outputZeroPoint: outputQuantization.zeroPoint,
    above,
    below,
    factors: one ? factors.slice(0, 1) : factors,
  });
  if (form === null) return null;
  const { stages, addends } = form;
  // The channels of a single pixel are walked as a row, where no operand is one for each channel.
  if (height * width === 1 && (!one || addends !== null)) return null;
  const base = { nodes: [node.index], output: output.index, stages };
  if (addends === null) return [{ ...base, kind: 'scale', input: input.index }];
  const codes = Int8Array.from({ length: channels }, (_, c) => at(addends, one ? 0 : c));
  const operand = fresh.next();
  return [
    { kind: 'constant', nodes: base.nodes, output: operand, shape: [1, 1, channels], codes },
    { ...base, kind: 'pair', inputs: [input.index, operand] },
  ];
};
