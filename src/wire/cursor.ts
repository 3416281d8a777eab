/** A bounds-checked reader over bytes that another process wrote: what sequences are read from. */
import { PtfeError } from '../error.js';
import { type Field, u32 } from './record.js';

export class Cursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.byteLength - at) {
      throw new PtfeError(
        'bad-message',
        `graph message, byte ${at}`,
        `${length} bytes wanted, ${this.#bytes.byteLength - at} left`,
      );
    }
    this.#at = at + length;
    return at;
  }

  /** @throws PtfeError `bad-message` behind the end, as all others */
  field<T>(field: Field<T>): T {
    return field.read(this.#view, this.#advance(field.size));
  }
  /** `count` values; the bytes they need are checked before anything is allocated. */
  list<T>(count: number, read: () => T): T[] {
    if (count * 4 > this.#bytes.byteLength - this.#at) {
      throw new PtfeError('bad-message', `graph message, byte ${this.#at}`, `a list of ${count} values does not fit`);
    }
    return Array.from({ length: count }, read);
  }
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }
  /** Length, bytes, zeros to a multiple of 4. */
  run(): Uint8Array {
    const length = this.field(u32);
    const bytes = this.take(length);
    this.#advance((4 - (length % 4)) % 4);
    return bytes;
  }
}
