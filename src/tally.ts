/** Sums and maxima by key; a key that did not come yet has none. */

export const addTo = <Key>(sums: Map<Key, number>, key: Key, amount: number): void => {
  const before = sums.get(key);
  sums.set(key, before === undefined ? amount : before + amount);
};

export const raiseTo = <Key>(maxima: Map<Key, number>, key: Key, value: number): void => {
  const before = maxima.get(key);
  if (before === undefined || before < value) maxima.set(key, value);
};
