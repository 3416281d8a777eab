/**
 * `npm run generate`: writes what is made of the sources (headers of the delegate, SUPPORTED_OPS.md), or with --check says
 * what is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { supportedOpsText } from './explain/supported_ops.js';
import { rk3588 } from './hardware/chips.js';
import { headers } from './generate/headers.js';
import { formatsPage } from './wire/formats_page.js';
import { wireHeaders } from './wire/headers.js';

const currentText = (file: URL): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const check = process.argv.includes('--check');
for (const [name, text] of [
  ...[...headers(), ...wireHeaders].map(([file, text]) => [`delegate/generated/${file}`, text] as const),
  ['SUPPORTED_OPS.md', supportedOpsText(rk3588)] as const,
  ['docs/formats.md', formatsPage()] as const,
]) {
  const file = new URL(`../${name}`, import.meta.url);
  if (currentText(file) === text) continue;
  if (check) {
    console.error(`${name} is stale: run npm run generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
  }
}
