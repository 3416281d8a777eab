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
  /** Values and differing ones where a channel that is constant in the reference counts once: it is a single event. */
  readonly events: { readonly values: number; readonly differing: number };
}

export interface Tensor {
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Compares tensors byte by byte, as int8 or uint8 codes. */
export function compare(
  title: string,
  type: 'int8' | 'uint8',
  expected: readonly Tensor[],
  got: readonly Uint8Array[],
): Comparison {
  if (expected.length !== got.length) throw new Error(`${title}: ${got.length} outputs, not ${expected.length}`);
  const flip = type === 'int8' ? 0x80 : 0;
  let [values, differing, largest, eventValues, eventDiffering] = [0, 0, 0, 0, 0];
  expected.forEach(({ channels, data }, t) => {
    const other = got[t];
    if (other?.length !== data.length)
      throw new Error(`${title}: output ${t} has ${other?.length} bytes, not ${data.length}`);
    values += data.length;
    for (let c = 0; c < channels; c++) {
      let wrong = 0;
      let constant = true;
      for (let i = c; i < data.length; i += channels) {
        const apart = Math.abs(((data[i] ?? 0) ^ flip) - ((other[i] ?? 0) ^ flip));
        if (apart > 0) wrong++;
        if (apart > largest) largest = apart;
        if (data[i] !== data[c]) constant = false;
      }
      differing += wrong;
      eventValues += constant ? 1 : data.length / channels;
      eventDiffering += constant ? Math.min(1, wrong) : wrong;
    }
  });
  return { title, values, differing, largest, events: { values: eventValues, differing: eventDiffering } };
}

/** @param judged whether the model may be the worst one */
export function add(tally: Tally, { title, values, differing, largest, events }: Comparison, judged = true): Tally {
  const share = events.values === 0 ? 0 : events.differing / events.values;
  const worse = judged && events.values > enoughValues && share > (tally.worst?.share ?? -1);
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
