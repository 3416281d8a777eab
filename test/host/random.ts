/** A small seeded generator (mulberry32) for bulk data, where drawing each byte through fast-check would be slow. */
export interface Random {
  /** In [0, 1). */
  unit(): number;
  /** In [low, high]. */
  integer(low: number, high: number): number;
  between(low: number, high: number): number;
  /** About normal, mean 0 and deviation 1. */
  normal(): number;
  chance(probability: number): boolean;
  pick<const T>(values: readonly [T, ...T[]]): T;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    integer,
    between: (low, high) => low + unit() * (high - low),
    // The sum of four uniform values: close enough to normal for weights and pixels, and cheap.
    normal: () => (unit() + unit() + unit() + unit() - 2) * Math.sqrt(3),
    chance: (probability) => unit() < probability,
    pick: (values) => values[integer(0, values.length - 1)] ?? values[0],
  };
}
