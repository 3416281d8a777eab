/** README's table of what runs on the NPU: SUPPORTED_OPS.md has every rule. */
import { type OperatorFamily, operatorsOf } from '../tflite/operators.js';

interface FamilyText {
  readonly types: string;
  readonly limits: string;
}

const bytes = 'int8, uint8';

const families: Readonly<Record<OperatorFamily, FamilyText>> = {
  convolution: {
    types: `${bytes}; filter per-tensor or (int8) per-channel`,
    limits:
      'strides to 7 (transposed: 4), kernel to 31x31; 16 kernels (or all) within 288 KiB, which is 18,432 products for one output value; dilation, groups, depth multipliers',
  },
  pair: {
    types: `${bytes}; SQUARED_DIFFERENCE int8`,
    limits:
      "shapes that broadcast to the output, or a constant of any such shape; ADD fused into a convolution where every value stays TFLite's",
  },
  window: {
    types: bytes,
    limits:
      'windows of any size (averages: larger than 31x31 one by one, to about 5,400 pixels); reductions over height, width and channels',
  },
  value: {
    types: `${bytes}; ELU, EXP, LOG, SQRT, RSQRT and ABS int8, as in TFLite`,
    limits:
      'PRELU: alpha of one value, or of one for each channel; most through the table, x * gate(x) and float functions between DEQUANTIZE and QUANTIZE as one',
  },
  place: {
    types: bytes,
    limits:
      'mostly places in memory; TRANSPOSE at the border of the graph, before ops that can be told other axes, of pixels, and as a shuffle of channels',
  },
  resize: {
    types: bytes,
    limits: 'whole factors, larger and smaller; bilinear: powers of two to 16, odd ones for uint8',
  },
};

export const operatorFamilyTable = (): readonly string[] => [
  '| op | types | limits |',
  '| --- | --- | --- |',
  ...Object.entries(families).map(
    ([family, { types, limits }]) =>
      `| ${operatorsOf((entry) => entry.family === family).join(', ')} | ${types} | ${limits} |`,
  ),
];
