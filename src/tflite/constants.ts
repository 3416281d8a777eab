/** Where a tensor's constant stands in a .tflite file: inside its buffer's table, or behind all tables (large models). */
import { PtfeError } from '../error.js';
import type { Table } from './flatbuffer.js';

/** The smallest offset of data behind the tables: converters write 1 where they have yet to fill it in. */
const firstOffset = 2;

/**
 * The bytes of a constant; null for a tensor that is none.
 * @param file the whole .tflite file
 * @param buffers the model's table of buffers
 * @throws PtfeError `bad-model`
 */
export const constantOf = (
  file: Uint8Array,
  buffers: readonly Table[],
  tensor: Table,
  index: number,
): Uint8Array | null => {
  const number = tensor.u32(2);
  if (number === 0) return null;
  const buffer = buffers[number];
  if (buffer === undefined)
    throw new PtfeError('bad-model', `tensor ${index}`, `buffer ${number} of ${buffers.length} does not exist`);
  if (buffer.has(0)) return buffer.bytes(0);
  const [offset, size] = [buffer.u64(1), buffer.u64(2)];
  if (offset < firstOffset) return null;
  if (offset + size > file.byteLength) {
    const text = `its data, ${size} bytes at ${offset}, are outside the file of ${file.byteLength} bytes`;
    throw new PtfeError('bad-model', `tensor ${index}`, text, 'is it cut off?');
  }
  return file.subarray(offset, offset + size);
};

/** A constant of which only some values are stored: its bytes are not those of its shape. */
export const isSparse = (tensor: Table): boolean => tensor.table(6) !== null;
