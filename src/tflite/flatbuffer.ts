/** Tables of a .tflite file, with the flatbuffers runtime: nothing is read outside the file. */
import { ByteBuffer } from 'flatbuffers';
import { PtfeError } from '../error.js';

const outside = (what: string, at: number): PtfeError =>
  new PtfeError('bad-model', 'tflite file', `${what} at ${at} is outside the file`, 'is it cut off or damaged?');

/** A flatbuffers table: fields by number, with the schema's defaults; nothing is read outside the file. */
export class Table {
  readonly #buffer: ByteBuffer;
  readonly #at: number;
  /** Place and length of the table of field offsets. */
  readonly #fields: number;
  readonly #fieldBytes: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
    this.#demand('table', at, 4);
    this.#fields = at - buffer.readInt32(at);
    this.#demand('table', this.#fields, 4);
    this.#fieldBytes = buffer.readUint16(this.#fields);
    this.#demand('table', this.#fields, this.#fieldBytes);
  }

  #demand(what: string, at: number, bytes: number): void {
    if (!(at >= 0) || at + bytes > this.#buffer.capacity()) throw outside(what, at);
  }
  /** Where a field of `bytes` bytes stands; 0 where the table leaves it out. */
  #field(id: number, bytes: number): number {
    const entry = 4 + 2 * id;
    const offset = entry + 2 <= this.#fieldBytes ? this.#buffer.readUint16(this.#fields + entry) : 0;
    if (offset === 0) return 0;
    this.#demand('field', this.#at + offset, bytes);
    return this.#at + offset;
  }
  i8(id: number, fallback = 0): number {
    const at = this.#field(id, 1);
    return at === 0 ? fallback : this.#buffer.readInt8(at);
  }
  u8(id: number): number {
    return this.i8(id) & 0xff;
  }
  i32(id: number, fallback = 0): number {
    const at = this.#field(id, 4);
    return at === 0 ? fallback : this.#buffer.readInt32(at);
  }
  u32(id: number): number {
    return this.i32(id) >>> 0;
  }
  u64(id: number): number {
    const at = this.#field(id, 8);
    return at === 0 ? 0 : Number(this.#buffer.readUint64(at));
  }
  /** Whether the table has the field. */
  has(id: number): boolean {
    return this.#field(id, 1) !== 0;
  }
  f32(id: number, fallback = 0): number {
    const at = this.#field(id, 4);
    return at === 0 ? fallback : this.#buffer.readFloat32(at);
  }
  text(id: number): string {
    const { start, length } = this.#vector(id, 1);
    return new TextDecoder().decode(this.#buffer.bytes().subarray(start, start + length));
  }
  table(id: number): Table | null {
    const at = this.#field(id, 4);
    return at === 0 ? null : new Table(this.#buffer, this.#buffer.__indirect(at));
  }
  /** Start and length of a vector whose elements have `size` bytes. */
  #vector(id: number, size: number): { readonly start: number; readonly length: number } {
    const at = this.#field(id, 4);
    if (at === 0) return { start: 0, length: 0 };
    this.#demand('vector', this.#buffer.__indirect(at), 4);
    const length = this.#buffer.__vector_len(at);
    const start = this.#buffer.__vector(at);
    if (length < 0) throw outside(`a vector of ${length} elements`, start);
    this.#demand(`a vector of ${length} elements`, start, length * size);
    return { start, length };
  }
  tables(id: number): Table[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => new Table(this.#buffer, this.#buffer.__indirect(start + 4 * i)));
  }
  i32s(id: number): number[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readInt32(start + 4 * i));
  }
  f32s(id: number): number[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readFloat32(start + 4 * i));
  }
  i64s(id: number): number[] {
    const { start, length } = this.#vector(id, 8);
    return Array.from({ length }, (_, i) => Number(this.#buffer.readInt64(start + 8 * i)));
  }
  bytes(id: number): Uint8Array {
    const { start, length } = this.#vector(id, 1);
    return this.#buffer.bytes().subarray(start, start + length);
  }
  /** Every field that is there, as it stands: for tables whose fields are all numbers. */
  numbers(): { readonly id: number; readonly bytes: Uint8Array }[] {
    const size = this.#buffer.readUint16(this.#fields + 2);
    const offsets = Array.from({ length: (this.#fieldBytes - 4) / 2 }, (_, id) => this.#field(id, 1) - this.#at);
    const places = offsets.flatMap((offset, id) => (offset > 0 ? [{ id, offset }] : []));
    return places.map(({ id, offset }) => {
      const end = Math.min(size, ...places.map((other) => other.offset).filter((other) => other > offset));
      const fits = [2, 4, 8].filter((width) => (this.#at + offset) % width === 0 && offset + width <= end);
      const aligned = Math.max(1, ...fits);
      const start = this.#field(id, aligned);
      return { id, bytes: this.#buffer.bytes().subarray(start, start + aligned) };
    });
  }
}

/** The root table of a .tflite file. @throws PtfeError `bad-model` */
export const modelTable = (bytes: Uint8Array): Table => {
  const buffer = new ByteBuffer(bytes);
  if (bytes.byteLength < 8 || !buffer.__has_identifier('TFL3')) {
    throw new PtfeError('bad-model', 'tflite file', 'it does not carry the identifier TFL3', 'is it a .tflite file?');
  }
  return new Table(buffer, buffer.readInt32(0));
};
