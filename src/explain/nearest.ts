/** The word that somebody may have meant. */

/** Letters that are inserted, left out, replaced or swapped with their neighbour. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      const row = rows[i];
      if (row !== undefined) row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped);
    }
  }
  return at(a.length, b.length);
};

/** @returns null where nothing is near */
export const nearest = (word: string, known: readonly string[]): string | null => {
  const far = Math.max(1, Math.floor(word.length / 3));
  const [best] = known
    .map((one) => ({ one, away: distance(word.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.away - b.away);
  return best === undefined || best.away > far ? null : best.one;
};

/** To be put behind a message; empty where nothing is near. */
export const didYouMean = (word: string, known: readonly string[], prefix = ''): string => {
  const found = nearest(word, known);
  return found === null ? '' : `; did you mean ${prefix}${found}?`;
};
