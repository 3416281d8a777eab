/** Rules of ops that make one feature map of another; each gives on what it established. */
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf, planeOf } from '../../graph/tensor.js';
import type { Plane } from '../../ir/build/arrange.js';
import { byteTypes, maps, oneQuantization, oneType, perTensor, planes, rows } from './common_rules.js';
import { anyNode, type Narrowing } from './match.js';
import { inputOf, type OpContext, outputOf, type Rule } from './rule.js';

const both = maps(0);

export interface ByteMaps {
  readonly input: ByteTensor;
  readonly output: ByteTensor;
}

/** Both int8, or both uint8. */
export const byteMaps: Narrowing<OpContext, ByteMaps> = {
  ...oneType(both),
  narrow: (context) => {
    const [input, output] = [inputOf(context, 0), outputOf(context)];
    const wrong = oneType(both).broken(context);
    if (wrong !== null) return wrong;
    return isByteTensor(input) && isByteTensor(output) ? { input, output } : 'a tensor that is missing';
  },
};

/** Each int8 or uint8. */
export const someByteMaps: Narrowing<OpContext, ByteMaps> = {
  ...byteTypes(both),
  narrow: (context) => {
    const [input, output] = [inputOf(context, 0), outputOf(context)];
    return isByteTensor(input) && isByteTensor(output)
      ? { input, output }
      : (byteTypes(both).broken(context) ?? 'a tensor that is missing');
  },
};

/** Height, width, channels of both. */
export interface PlaneMaps {
  readonly from: Plane;
  readonly to: Plane;
}

const asPlanes = (rule: Rule): Narrowing<OpContext & ByteMaps, PlaneMaps> => ({
  ...rule,
  narrow: (known) => rule.broken(known) ?? { from: planeOf(known.input), to: planeOf(known.output) },
});

/** Feature maps of one sample: dimensions before the last three are 1. */
export const planeMaps = asPlanes(planes(both));

/** Dimensions before the last two count as rows. */
export const rowMaps = asPlanes(rows(both));

export interface QuantizedMaps {
  readonly inputQuantization: PerTensor;
  readonly outputQuantization: PerTensor;
}

/** One scale and one zero-point for each map. */
export const quantizedMaps: Narrowing<OpContext & ByteMaps, QuantizedMaps> = {
  ...perTensor(both),
  narrow: (known) => {
    const [inputQuantization, outputQuantization] = [perTensorOf(known.input), perTensorOf(known.output)];
    return inputQuantization === null || outputQuantization === null
      ? (perTensor(both).broken(known) ?? 'quantization that is missing')
      : { inputQuantization, outputQuantization };
  },
};

/** Ops that move codes and change none. @param shapes `planeMaps` or `rowMaps` */
export const sameCodeMaps = (shapes: typeof planeMaps) =>
  anyNode.narrow(byteMaps).narrow(shapes).narrow(quantizedMaps).check(oneQuantization(both));
