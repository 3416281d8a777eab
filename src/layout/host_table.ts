/** What a kernel of the host reads beside the values (`delegate/plan/host_kernels.c`): little-endian words, 4-byte aligned. */
import { permuteRank } from '../ops/host_permute.js';
import type { HostKernel, PermuteKernel, ResizeKernel } from '../ir/operation.js';

/** The dimensions of the output, filled up with 1 in front, then for each how far apart its values stand in the input. */
const permuteTable = ({ shape, order }: PermuteKernel): Uint8Array => {
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((product, size) => product * size, 1));
  const missing = Array.from({ length: permuteRank - order.length }, () => 0);
  const dims = [...missing.map(() => 1), ...order.map((dim) => shape[dim] ?? 1)];
  const steps = [...missing, ...order.map((dim) => strides[dim] ?? 0)];
  return new Uint8Array(Uint32Array.from([...dims, ...steps]).buffer);
};

/** A record of 12 bytes for each row of the output, then for each column: lower, upper, weight of the upper one. */
const resizeTable = ({ rows, columns, arithmetic }: ResizeKernel): Uint8Array => {
  const positions = [...rows, ...columns];
  const bytes = new Uint8Array(12 * positions.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { lower, upper, behind }] of positions.entries()) {
    view.setUint32(12 * i, lower, true);
    view.setUint32(12 * i + 4, upper, true);
    if (arithmetic === 'float') view.setFloat32(12 * i + 8, behind, true);
    else view.setInt32(12 * i + 8, behind, true);
  }
  return bytes;
};

export const hostTable = (kernel: HostKernel): Uint8Array =>
  kernel.kind === 'permute' ? permuteTable(kernel) : resizeTable(kernel);
