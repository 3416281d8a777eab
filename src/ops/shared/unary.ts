/** Rules of ops that make one feature map of another; each gives on what it established. */
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf, planeOf } from '../../graph/tensor.js';
import type { Plane } from '../../ir/build/arrange.js';
import { byteTypes, maps, oneQuantization, oneType, perTensor, planes, rows } from './common_rules.js';
import { anyNode, established, type Narrowing } from './match.js';
import { inputOf, type OpContext, outputOf } from './rule.js';

const both = maps(0);

export interface ByteMaps {
  readonly input: ByteTensor;
  readonly output: ByteTensor;
}

const bytesOf = (context: OpContext): ByteMaps | null => {
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  return isByteTensor(input) && isByteTensor(output) ? { input, output } : null;
};

/** Both int8, or both uint8. */
export const byteMaps = established(oneType(both), bytesOf);

/** Each int8 or uint8. */
export const someByteMaps = established(byteTypes(both), bytesOf);

/** Height, width, channels of both. */
export interface PlaneMaps {
  readonly from: Plane;
  readonly to: Plane;
}

const planesOf = ({ input, output }: OpContext & ByteMaps): PlaneMaps => ({
  from: planeOf(input),
  to: planeOf(output),
});

/** Feature maps of one sample: dimensions before the last three are 1. */
export const planeMaps = established(planes(both), planesOf);

/** Dimensions before the last two count as rows. */
export const rowMaps = established(rows(both), planesOf);

export interface QuantizedMaps {
  readonly inputQuantization: PerTensor;
  readonly outputQuantization: PerTensor;
}

/** One scale and one zero-point for each map. */
export const quantizedMaps = established(
  perTensor(both),
  ({ input, output }: OpContext & ByteMaps): QuantizedMaps | null => {
    const [inputQuantization, outputQuantization] = [perTensorOf(input), perTensorOf(output)];
    return inputQuantization === null || outputQuantization === null ? null : { inputQuantization, outputQuantization };
  },
);

/** Ops that move codes and change none. @param shapes what is asked of their shapes, as `planeMaps` or `rowMaps` */
export const sameCodeMaps = <Shapes extends object>(shapes: Narrowing<OpContext & ByteMaps, Shapes>) =>
  anyNode.narrow(byteMaps).narrow(shapes).narrow(quantizedMaps).check(oneQuantization(both));
