/** What a kernel of the host reads beside the values (`wire/host_tables.ts`). */
import { at } from '../in_range.js';
import type { HostKernel, PermuteKernel, ResizeKernel } from '../ir/operation.js';
import { fixedPosition, floatPosition, permuteRank, permuteTable } from '../wire/host_tables.js';
import { joined } from '../wire/joined.js';
import { recordBytes } from '../wire/record.js';

const permutation = ({ shape, order }: PermuteKernel): Uint8Array => {
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((product, size) => product * size, 1));
  const missing = Array.from({ length: permuteRank - order.length }, () => 0);
  return recordBytes(permuteTable, {
    dims: [...missing.map(() => 1), ...order.map((dim) => at(shape, dim))],
    strides: [...missing, ...order.map((dim) => at(strides, dim))],
  });
};

const positions = ({ rows, columns, arithmetic }: ResizeKernel): Uint8Array => {
  const position = arithmetic === 'float' ? floatPosition : fixedPosition;
  return joined(
    [...rows, ...columns].map(({ lower, upper, behind }) => recordBytes(position, { lower, upper, weight: behind })),
  );
};

export const hostTable = (kernel: HostKernel): Uint8Array =>
  kernel.kind === 'permute' ? permutation(kernel) : positions(kernel);
