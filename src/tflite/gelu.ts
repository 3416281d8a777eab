/** GELU as TFLite calculates an entry of its table: every step rounded to float32, erf and tanh themselves more exactly. */
const { fround } = Math;

/** From here on, erf is 1 in a double. */
const erfIsOne = 6;

/** 2 / sqrt(pi) * e^-x^2 * sum of 2^n x^(2n+1) / (2n+1)!!: no term is negative, so nothing cancels. */
const erf = (x: number): number => {
  if (Math.abs(x) >= erfIsOne) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};

/** x / 2 * erfc(-x / sqrt 2); erfc itself, not 1 + erf, is rounded to float32. */
export const gelu = (x: number): number => fround(fround(0.5 * x) * fround(1 + erf(fround(x * fround(Math.SQRT1_2)))));

const cubic = fround(0.044715);
const slope = fround(Math.sqrt(2 / Math.PI));

/** x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) */
export const geluByTanh = (x: number): number => {
  const cube = fround(fround(fround(cubic * x) * x) * x);
  return fround(fround(0.5 * x) * fround(1 + fround(Math.tanh(fround(slope * fround(x + cube))))));
};
