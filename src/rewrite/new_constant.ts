/** Constants that rewrites add to a graph. */
import type { ElementType } from '../graph/graph.js';
import type { NewConstant } from './rewrite.js';

const constant = (name: string, type: ElementType, shape: readonly number[], data: Uint8Array): NewConstant => ({
  name,
  type,
  shape,
  quantization: null,
  constant: true,
  variable: false,
  data,
});

export const intsConstant = (name: string, values: readonly number[]): NewConstant =>
  constant(name, 'int32', [values.length], new Uint8Array(Int32Array.from(values).buffer));

/** Codes of a byte type, which are kept modulo 256. */
export const codesConstant = (name: string, type: 'int8' | 'uint8', codes: readonly number[]): NewConstant =>
  constant(name, type, [codes.length], Uint8Array.from(codes));
