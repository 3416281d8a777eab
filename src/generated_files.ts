/** What is made of the sources: headers of the delegate, pages of docs/, SUPPORTED_OPS.md, and tables inside README.md. */
import { optionsPage, optionsTable } from './cli/options_page.js';
import { supportedOpsText } from './explain/supported_ops.js';
import { rk3588 } from './hardware/chips.js';
import { headers } from './generate/headers.js';
import { formatsPage } from './wire/formats_page.js';
import { wireHeaders } from './wire/headers.js';

/** The page with `lines` between its marks of that name. @throws where it has no such marks */
const withPart = (page: string, name: string, lines: readonly string[]): string => {
  const [begin, end] = [`<!-- ${name}: made by npm run generate -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`README.md has no place for ${name}: ${begin} ... ${end}`);
  return [page.slice(0, from + begin.length), ...lines, page.slice(to)].join('\n');
};

/**
 * Paths from the repository's folder, and what stands in them.
 * @param readme as it is now: only the tables in it are made
 */
export const generatedFiles = (readme: string): readonly (readonly [path: string, text: string])[] => [
  ...[...headers(), ...wireHeaders].map(([file, text]) => [`delegate/generated/${file}`, text] as const),
  ['SUPPORTED_OPS.md', supportedOpsText(rk3588)],
  ['README.md', withPart(readme, 'options', optionsTable())],
  ['docs/options.md', optionsPage()],
  ['docs/formats.md', formatsPage()],
];
