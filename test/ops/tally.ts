/** Counts of how far two runs of the same models are apart. */
export interface Tally {
  readonly models: number;
  readonly values: number;
  readonly differing: number;
  readonly largest: number;
  /** The model with the largest share of differing values, among those with enough values to speak of a share. */
  readonly worst: { readonly title: string; readonly share: number } | undefined;
}

export const emptyTally: Tally = { models: 0, values: 0, differing: 0, largest: 0, worst: undefined };

/** Values from which a single model's share counts. */
export const enoughValues = 5000;

export interface Comparison {
  readonly title: string;
  readonly values: number;
  readonly differing: number;
  readonly largest: number;
}

/** Compares tensors byte by byte, as int8 or uint8 codes. */
export function compare(
  title: string,
  type: 'int8' | 'uint8',
  expected: readonly Uint8Array[],
  got: readonly Uint8Array[],
): Comparison {
  if (expected.length !== got.length) throw new Error(`${title}: ${got.length} outputs, not ${expected.length}`);
  const flip = type === 'int8' ? 0x80 : 0;
  let [values, differing, largest] = [0, 0, 0];
  expected.forEach((tensor, t) => {
    const other = got[t];
    if (other?.length !== tensor.length)
      throw new Error(`${title}: output ${t} has ${other?.length} bytes, not ${tensor.length}`);
    values += tensor.length;
    for (let i = 0; i < tensor.length; i++) {
      const apart = Math.abs(((tensor[i] ?? 0) ^ flip) - ((other[i] ?? 0) ^ flip));
      if (apart > 0) differing++;
      if (apart > largest) largest = apart;
    }
  });
  return { title, values, differing, largest };
}

export function add(tally: Tally, { title, values, differing, largest }: Comparison): Tally {
  const share = values === 0 ? 0 : differing / values;
  const worse = values > enoughValues && share > (tally.worst?.share ?? -1);
  return {
    models: tally.models + 1,
    values: tally.values + values,
    differing: tally.differing + differing,
    largest: Math.max(tally.largest, largest),
    worst: worse ? { title, share } : tally.worst,
  };
}

export const equalShare = ({ values, differing }: Tally): number => (values === 0 ? 1 : 1 - differing / values);

export function line(name: string, tally: Tally): string {
  const worst = tally.worst === undefined ? '' : `; worst model ${percent(1 - tally.worst.share)} equal`;
  return `${name}: ${tally.models} models, ${tally.values} values, ${percent(equalShare(tally))} equal, largest difference ${tally.largest}${worst}`;
}

export const percent = (share: number): string => `${(100 * share).toFixed(4)} %`;
