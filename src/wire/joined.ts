/** Concatenates chunks, each zero-padded to a multiple of `unit`. */
export const joined = (chunks: readonly Uint8Array[], unit = 1): Uint8Array => {
  const padded = (length: number): number => Math.ceil(length / unit) * unit;
  const all = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + padded(byteLength), 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += padded(chunk.byteLength);
  }
  return all;
};
