/** Powers of two from a table: searches take thousands, and a call of `**` costs more than the rest of a step. */

const least = -1074;
const most = 1023;
const powers = Float64Array.from({ length: most - least + 1 }, (_, i) => 2 ** (least + i));

/** 2^exponent, of a whole exponent. */
export const powerOfTwo = (exponent: number): number => powers[exponent - least] ?? 2 ** exponent;
