/** What a fact of the hardware is: a question that no register list answers, its readings, and what speaks for each. */
import type { Tag } from './registers/register.js';

/**
 * What speaks for a reading, from the strongest on. silicon: measured on RK3588 boards. mesa: Mesa's driver needs it, which
 * runs on boards. vendor: programs of the vendor's compiler for the RK3588 need it; executed with this reading they give the
 * right numbers. none: nothing but a name, an ancestor or another chip.
 */
export type Support = 'silicon' | 'mesa' | 'vendor' | 'none';

export interface Reading {
  readonly value: string;
  readonly by: Support;
  /** What was seen, and where it is written down. */
  readonly source: string;
}

export interface Fact {
  readonly name: string;
  /** The question that the readings answer. */
  readonly text: string;
  /** The first one is assumed. */
  readonly readings: readonly [Reading, Reading, ...Reading[]];
  /** Only values exactly halfway between two integers hang on it, each by 1 LSB. */
  readonly ties: boolean;
  /** It decides what the software NPU accepts, no value. */
  readonly checked: boolean;
  readonly values: readonly [string, string, ...string[]];
  /** How far the assumed reading is known. */
  readonly tag: Tag;
  readonly source: string;
}

const tags: Readonly<Record<Support, Tag>> = { silicon: 'silicon', mesa: 'driver', vendor: 'driver', none: 'inferred' };

interface Options {
  readonly ties?: true;
  readonly checked?: true;
}

export const reading = (value: string, by: Support, source: string): Reading => ({ value, by, source });

export const fact = (
  name: string,
  text: string,
  readings: readonly [Reading, Reading, ...Reading[]],
  { ties, checked }: Options = {},
): Fact => {
  const [first, second, ...more] = readings;
  return {
    name,
    text,
    readings,
    ties: ties === true,
    checked: checked === true,
    values: [first.value, second.value, ...more.map(({ value }) => value)],
    tag: tags[first.by],
    source: first.source,
  };
};

/** Whether a board or a shipped compiler has shown the assumed reading: what trust=seen may rest on. */
export const isSeen = ({ readings: [assumed] }: Fact): boolean => assumed.by !== 'none';

/** How far readings are trusted. `seen`: only what a board or a shipped compiler has shown. */
export type Trust = 'inferred' | 'seen';
