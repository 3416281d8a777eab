/** What is made of the sources: headers of the delegate, SUPPORTED_OPS.md, docs/options.md, docs/formats.md. */
import { optionsPage } from './cli/options_page.js';
import { supportedOpsText } from './explain/supported_ops.js';
import { rk3588 } from './hardware/chips.js';
import { headers } from './generate/headers.js';
import { formatsPage } from './wire/formats_page.js';
import { wireHeaders } from './wire/headers.js';

/** Paths from the repository's folder, and what stands in them. */
export const generatedFiles = (): readonly (readonly [path: string, text: string])[] => [
  ...[...headers(), ...wireHeaders].map(([file, text]) => [`delegate/generated/${file}`, text] as const),
  ['SUPPORTED_OPS.md', supportedOpsText(rk3588)],
  ['docs/options.md', optionsPage()],
  ['docs/formats.md', formatsPage()],
];
