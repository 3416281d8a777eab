/** What is made of the sources: headers of the delegate, pages of docs/, SUPPORTED_OPS.md, Python's options, tables inside README.md, lists of tests. */
import { optionsPage, optionsTable } from './cli/options_page.js';
import { pythonOptions } from './cli/python_options.js';
import { operatorFamilyTable } from './explain/readme_ops.js';
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

/** What stands in the repository already. */
export interface Present {
  /** Only the tables in it are made. */
  readonly readme: string;
  /** Names of the files in test/ops/cases. */
  readonly cases: readonly string[];
}

const caseIndex = 'index.ts';

/** Imports of all cases: a list that nobody writes, and that tools can follow. */
const casesText = (files: readonly string[]): string => {
  const names = files.filter((file) => file.endsWith('.ts') && file !== caseIndex).map((file) => file.slice(0, -3));
  const sorted = names.toSorted();
  return [
    '/** Generated from the files of this folder by `npm run generate`; do not edit. */',
    "import type { OpCase } from '../op_case.js';",
    ...sorted.map((name) => `import { opCase as ${name} } from './${name}.js';`),
    '',
    `export const opCases: readonly OpCase[] = [${sorted.join(', ')}];`,
    '',
  ].join('\n');
};

/** Paths from the repository's folder, and what stands in them. */
export const generatedFiles = ({ readme, cases }: Present): readonly (readonly [path: string, text: string])[] => [
  ...[...headers(), ...wireHeaders].map(([file, text]) => [`delegate/generated/${file}`, text] as const),
  ['SUPPORTED_OPS.md', supportedOpsText(rk3588)],
  ['README.md', withPart(withPart(readme, 'options', optionsTable()), 'operators', operatorFamilyTable())],
  ['docs/options.md', optionsPage()],
  ['docs/formats.md', formatsPage()],
  ['python/ptfe/_options.py', pythonOptions()],
  [`test/ops/cases/${caseIndex}`, casesText(cases)],
];
