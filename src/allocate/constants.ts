/** Lays constants (weights, per-channel operands) in one BO; equal bytes are kept once. */
import { uint8At } from '../in_range.js';
import { alignUp } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { Bytes } from '../hardware/units.js';

interface Chunk {
  readonly offset: Bytes;
  readonly bytes: Uint8Array;
}

/** Bytes that are looked at of long ones. */
const samples = 256;

/** FNV-1a of 32 bits of some bytes, all over them, and the length. */
const keyOf = (bytes: Uint8Array): string => {
  const step = Math.max(1, Math.floor(bytes.byteLength / samples));
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.byteLength; at += step) hash = Math.imul(hash ^ uint8At(bytes, at), 0x01000193);
  return `${bytes.byteLength} ${hash}`;
};

const areEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);

export class ConstantBuffer {
  readonly #chunks: Chunk[] = [];
  readonly #known = new Map<string, Chunk[]>();
  readonly #alignment: number;
  #end = 0;

  constructor({ memory }: Chip) {
    this.#alignment = memory.burstBytes;
  }

  /** @returns the offset of the bytes in the BO */
  place(bytes: Uint8Array): Bytes {
    const key = keyOf(bytes);
    const alike = this.#known.get(key) ?? [];
    const known = alike.find((chunk) => areEqual(chunk.bytes, bytes));
    if (known !== undefined) return known.offset;
    const chunk: Chunk = { offset: alignUp(this.#end, this.#alignment), bytes };
    this.#chunks.push(chunk);
    this.#known.set(key, [...alike, chunk]);
    this.#end = chunk.offset + bytes.byteLength;
    return chunk.offset;
  }

  get size(): Bytes {
    return alignUp(this.#end, this.#alignment);
  }

  /** All of them, once: they are not kept here as well. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.size);
    for (const { offset, bytes } of this.#chunks) all.set(bytes, offset);
    this.#chunks.length = 0;
    this.#known.clear();
    return all;
  }
}
