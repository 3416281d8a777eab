/** `npm run generate`: writes what is made of the sources, or with --check says what is stale. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated_files.js';

const fileOf = (name: string): URL => new URL(`../${name}`, import.meta.url);

const currentText = (name: string): string => {
  try {
    return readFileSync(fileOf(name), 'utf8');
  } catch {
    return '';
  }
};

const cases = readdirSync(fileOf('test/ops/cases'));
const check = process.argv.includes('--check');
for (const [name, text] of generatedFiles({ readme: currentText('README.md'), cases })) {
  if (currentText(name) === text) continue;
  if (check) {
    console.error(`${name} is stale: run npm run generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(fileOf(name), text);
  }
}
