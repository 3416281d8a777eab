/** Bytes that grow: what sequences are written to. */
import { joined } from './joined.js';
import { type Field, recordBytes, u32 } from './record.js';

export class Writer {
  readonly #chunks: Uint8Array[] = [];

  field<T>(field: Field<T>, value: T): void {
    this.#chunks.push(recordBytes(field, value));
  }
  /** Length, bytes, zeros to a multiple of 4. */
  run(bytes: Uint8Array): void {
    this.field(u32, bytes.byteLength);
    this.raw(bytes, 4);
  }
  /** Bytes and zeros to a multiple of `unit`. */
  raw(bytes: Uint8Array, unit: number): void {
    this.#chunks.push(bytes, new Uint8Array((unit - (bytes.byteLength % unit)) % unit));
  }
  /** In pieces: what is large is not copied. */
  pieces(): readonly Uint8Array[] {
    return this.#chunks;
  }
  bytes(): Uint8Array {
    return joined(this.#chunks);
  }
}
