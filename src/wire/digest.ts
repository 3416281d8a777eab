/** SHA-256. Bundles for browsers have `sha256.ts` in place of `node:crypto` (`scripts/build-engine.mjs`). */
// eslint-disable-next-line no-restricted-imports -- a pure function of its bytes
import { createHash } from 'node:crypto';

/** @returns 32 bytes */
export const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
};
