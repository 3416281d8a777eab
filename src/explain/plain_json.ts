/** Any data of a stage as JSON: maps and sets as lists, bytes by length and digest where they are many. */
import type { Digest } from './plan_text.js';

const mostListed = 64;

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** @param digest of arrays that are too long to be listed */
export const plainJson = (value: unknown, digest: Digest): unknown => {
  const plain = (one: unknown): unknown => plainJson(one, digest);
  // JSON knows neither of them: no ReLU limit is Infinity.
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const type = value.constructor.name;
    const values = value instanceof DataView || 'BYTES_PER_ELEMENT' in value === false ? null : value;
    const length = values === null ? value.byteLength : value.byteLength / Number(values.BYTES_PER_ELEMENT);
    return values !== null && length <= mostListed
      ? { type, values: Array.from(values as unknown as Iterable<unknown>, plain) }
      : { type, length, digest: digest(bytesOf(value)) };
  }
  if (value instanceof Map) return [...value].map(([key, entry]) => [plain(key), plain(entry)]);
  if (value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
};
