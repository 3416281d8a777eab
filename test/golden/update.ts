/** `npm run golden`: writes the listings of the golden models anew; the change is read in review. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { goldenFile, goldenText } from './listings.js';
import { goldenModels } from './models.js';

const wanted = new Set(goldenModels.map(({ name }) => `${name}.txt`));
for (const file of readdirSync(import.meta.dirname)) {
  if (!file.endsWith('.txt') || wanted.has(file)) continue;
  rmSync(new URL(file, import.meta.url));
  console.log(`test/golden/${file}: removed, no model has that name`);
}
for (const model of goldenModels) {
  const file = goldenFile(model);
  const text = goldenText(model);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  writeFileSync(file, text);
  console.log(`test/golden/${model.name}.txt: written`);
}
