/** `npm run generate`: writes what is made of the sources, or with --check says what is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated_files.js';

const currentText = (file: URL): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const check = process.argv.includes('--check');
for (const [name, text] of generatedFiles()) {
  const file = new URL(`../${name}`, import.meta.url);
  if (currentText(file) === text) continue;
  if (check) {
    console.error(`${name} is stale: run npm run generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
  }
}
