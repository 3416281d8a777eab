import { differentialTest, everyValue } from './op_test.js';
import { either, nearest, wideColumns, wideRows } from './resize_models.js';

describe('RESIZE_NEAREST_NEIGHBOR', () => {
  differentialTest(
    'every value',
    nearest(either).filter(({ spec }) => spec.ops.length === 1),
    everyValue,
  );
  differentialTest('rows further apart than a task can write', nearest(wideRows, wideColumns), {
    ...everyValue,
    models: 6,
  });
  differentialTest('after a convolution', nearest(either), { mostCounts: 1, equal: 0.9995 });
});
