/** Which cases are run. */
import type { Part } from './part.js';

export interface Chosen {
  readonly part: Part;
  readonly names: readonly string[];
}

/** @param filters texts of "part/case", in any case of letters; none: all, or those of --quick */
export const chosenCases = (parts: readonly Part[], filters: readonly string[], isQuick: boolean): readonly Chosen[] =>
  parts
    .map((part) => ({
      part,
      names: (isQuick && filters.length === 0 ? part.quickCases : part.cases).filter((name) => {
        const path = `${part.name}/${name}`.toLowerCase();
        return filters.length === 0 || filters.some((text) => path.includes(text.toLowerCase()));
      }),
    }))
    .filter(({ names }) => names.length > 0);

export const listText = (chosen: readonly Chosen[]): string =>
  chosen
    .map(({ part, names }) =>
      [`${part.name}: ${part.title}`, ...names.map((name) => `  ${part.name}/${name}`)].join('\n'),
    )
    .join('\n');
