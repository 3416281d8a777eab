/** Lays constants (weights, per-channel operands) one behind the other in one BO; equal bytes are kept once. */
import { alignUp } from '../layout/cube.js';

const alignment = 64;

export class ConstantBuffer {
  readonly #chunks: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #known = new Map<Uint8Array, number>();
  #end = 0;

  /** @returns the offset of the bytes in the BO */
  place(bytes: Uint8Array): number {
    const known = this.#known.get(bytes);
    if (known !== undefined) return known;
    const offset = alignUp(this.#end, alignment);
    this.#chunks.push({ offset, bytes });
    this.#known.set(bytes, offset);
    this.#end = offset + bytes.byteLength;
    return offset;
  }

  get size(): number {
    return alignUp(this.#end, alignment);
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.size);
    for (const { offset, bytes } of this.#chunks) all.set(bytes, offset);
    return all;
  }
}
