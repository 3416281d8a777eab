/** Sums and maxima by key; a key that did not come yet has none. */

/** 0 where nothing was added. */
export const sumIn = <Key>(sums: ReadonlyMap<Key, number>, key: Key): number => {
  const sum = sums.get(key);
  return sum === undefined ? 0 : sum;
};

export const addTo = <Key>(sums: Map<Key, number>, key: Key, amount: number): void => {
  sums.set(key, sumIn(sums, key) + amount);
};

export const raiseTo = <Key>(maxima: Map<Key, number>, key: Key, value: number): void => {
  const before = maxima.get(key);
  if (before === undefined || before < value) maxima.set(key, value);
};
