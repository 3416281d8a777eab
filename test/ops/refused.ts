import { compileTflite } from '../../src/compile.js';
import { type OpName, writeTflite } from '../host/tflite_writer.js';
import { Builder } from './builder.js';

/** Why an op of one tensor of this type and zero-point stays on the CPU. */
export const refusedFor = (op: OpName, type: 'int8' | 'uint8', zero: number): readonly string[] => {
  const b = new Builder(1);
  const input = b.input(type, [1, 4, 4, 8], 0.1, zero);
  const output = b.map(type, [1, 4, 4, 8], 0.1, zero);
  b.op({ op, version: 2, inputs: [input], outputs: [output] });
  const { refusals } = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' });
  return refusals.map(({ text }) => text.replace(/ \(.*/, ''));
};
