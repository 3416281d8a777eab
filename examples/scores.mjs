// Between pictures and codes, for models whose input and output are quantized; the same in Node and in browsers.

/** Values from 0 to 1 as codes of an input. */
export function codesOf(values, { type, scale, zeroPoint, length }) {
  const codes = type === 'int8' ? new Int8Array(length) : new Uint8Array(length);
  const [least, most] = type === 'int8' ? [-128, 127] : [0, 255];
  for (let i = 0; i < length; i++) {
    codes[i] = Math.max(least, Math.min(most, Math.round(values[i] / scale) + zeroPoint));
  }
  return codes;
}

/** Codes of logits as probabilities: what the SOFTMAX that stays on the CPU would do. */
export function probabilitiesOf(codes, { scale, zeroPoint }) {
  const logits = Array.from(codes, (code) => scale * (code - zeroPoint));
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
