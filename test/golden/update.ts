/** `npm run golden`: writes the digests and the listings of the golden models anew; the change is read in review. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { zooIsHere } from '../models/zoo.js';
import { digestFile, digestOf, knownDigests } from './digest_list.js';
import { digestLines } from './digests.js';
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

const before = existsSync(digestFile) ? knownDigests() : new Map<string, string>();
const lines = digestLines();
const digests = new Map<string, string>();
for (const line of lines) digests.set(line.key, digestOf(line));
const changed = [...digests].filter(([key, digest]) => before.get(key) !== digest);
// Without the models beside the repository, their lines stay.
const kept = zooIsHere ? [] : [...before].filter(([key]) => !digests.has(key));
writeFileSync(digestFile, [...digests, ...kept].map(([key, digest]) => `${key}: ${digest}\n`).join(''));
console.log(`test/golden/digests.list: ${changed.length} of ${digests.size} lines changed`);
