/** Filters whose kernels see a part of the input's channels, as dense ones: zeros elsewhere. */

/** Filter OHWI of `groups` groups, or 1HWC with several outputs for each channel, as OHWI over all input channels. */
export const denseFilter = (
  weights: Int8Array,
  zero: number,
  {
    taps,
    inputChannels,
    outputChannels,
    depthwise,
  }: {
    readonly taps: number;
    readonly inputChannels: number;
    readonly outputChannels: number;
    readonly depthwise: boolean;
  },
): Int8Array => {
  const dense = new Int8Array(outputChannels * taps * inputChannels).fill(zero);
  const depth = depthwise ? 1 : weights.length / (outputChannels * taps);
  const groups = inputChannels / depth;
  for (let o = 0; o < outputChannels; o++) {
    const first = Math.floor(o / (outputChannels / groups)) * depth;
    for (let tap = 0; tap < taps; tap++) {
      for (let d = 0; d < depth; d++) {
        const from = depthwise ? tap * outputChannels + o : (o * taps + tap) * depth + d;
        dense[(o * taps + tap) * inputChannels + first + d] = weights[from] ?? zero;
      }
    }
  }
  return dense;
};
