/** SHA-256, for hosts without node:crypto: browsers have it in secure contexts only, and asynchronously. */

import { uint32At } from '../in_range.js';
import { joined } from './joined.js';

const roots = (): Uint32Array => {
  const constants = new Uint32Array(64 + 8);
  let found = 0;
  for (let candidate = 2; found < 64; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) isPrime = false;
    if (!isPrime) continue;
    const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32);
    constants[found] = fraction(Math.cbrt(candidate));
    if (found < 8) constants[64 + found] = fraction(Math.sqrt(candidate));
    found++;
  }
  return constants;
};

const constants = roots();
const blockBytes = 64;

const compress = (state: Uint32Array, view: DataView, at: number, w: Uint32Array): void => {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [early, late] = [uint32At(w, i - 15), uint32At(w, i - 2)];
    const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    w[i] = uint32At(w, i - 16) + s0 + uint32At(w, i - 7) + s1;
  }
  const word = (i: number): number => uint32At(state, i);
  let [a, b, c, d, e, f, g, h] = [word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7)];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + uint32At(constants, i) + uint32At(w, i)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = uint32At(state, i) + value;
};

const digestOf = (bytes: Uint8Array): Uint8Array => {
  const state = constants.slice(64);
  const w = new Uint32Array(64);
  const whole = bytes.byteLength - (bytes.byteLength % blockBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole; at += blockBytes) compress(state, view, at, w);
  const rest = bytes.byteLength - whole;
  const tail = new Uint8Array(rest + 9 > blockBytes ? 2 * blockBytes : blockBytes);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const end = new DataView(tail.buffer);
  end.setBigUint64(tail.byteLength - 8, 8n * BigInt(bytes.byteLength));
  for (let at = 0; at < tail.byteLength; at += blockBytes) compress(state, end, at, w);
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, value] of state.entries()) digest.setUint32(4 * i, value);
  return new Uint8Array(digest.buffer);
};

/** As that of `node:crypto`, as far as `digest.ts` needs it. */
export const createHash = (): {
  readonly update: (chunk: Uint8Array) => void;
  readonly digest: () => Uint8Array;
} => {
  const chunks: Uint8Array[] = [];
  return { update: (chunk) => void chunks.push(chunk), digest: () => digestOf(joined(chunks)) };
};
