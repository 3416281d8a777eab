import { modelsOfEachOp } from './builder.js';
import { differentialTest, type Expectation } from './op_test.js';
import { type Form, tableModels } from './table_models.js';
import type { OpName } from '../host/tflite_writer.js';

/** float32 functions of libm against ours: the same but for a code at a tie. */
export const floats: Expectation = { mostCounts: 1, equal: 0.9999 };

/** By the convolution behind the op. */
const among: Expectation = { mostCounts: 1, equal: 0.999 };

/** An op through the table: alone, and between convolutions. */
export const tableTest = (title: string, op: OpName, form: Form, expected: Expectation): void => {
  differentialTest(title, tableModels(op, form), expected);
  // TFLite's optimized convolution rounds another way.
  if (expected.kernels === 'optimized') return;
  differentialTest(`${title}, between convolutions`, tableModels(op, { ...form, between: true }), {
    ...expected,
    ...among,
    models: Math.ceil(modelsOfEachOp / 4),
  });
};
