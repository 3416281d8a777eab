import { Builder } from '../builder.js';
import { everyValue } from '../expectation.js';
import { reduceForms } from '../form.js';
import type { OpCase } from '../op_case.js';
import { channelModels, reduceModels } from '../reduce_models.js';

const reduced = (scale: number, axes: readonly number[], to: readonly number[]) => () => {
  const b = new Builder(1);
  const [input, output] = [b.input('int8', [1, 4, 6, 8], 0.1, -3), b.map('int8', to, scale, -3)];
  const options = { type: 'ReducerOptions', fields: { keepDims: true } } as const;
  b.op({ op: 'REDUCE_MIN', version: 2, inputs: [input, b.ints(axes)], outputs: [output], options });
  return b.model('', [output]);
};

export const opCase: OpCase = {
  op: 'REDUCE_MIN',
  forms: reduceForms('REDUCE_MIN', 0),
  tests: [
    { title: 'every value', models: reduceModels('REDUCE_MIN', 'same'), expected: everyValue },
    { title: 'over channels', models: channelModels('REDUCE_MIN', 'same'), expected: everyValue },
  ],
  refused: [
    { title: 'another scale', model: reduced(0.2, [1], [1, 1, 6, 8]), rule: 'quantization', text: 'scale 0.2' },
    { title: 'no axis', model: reduced(0.1, [], [1, 4, 6, 8]), rule: 'axes', text: 'axes' },
  ],
};
