// `node scripts/check-mesa-patches.mjs FOLDER`: whether the diffs of mesa-patches/ apply to a checkout of Mesa, each alone
// (one of them after the first) and all together. The checkout is left as it is; nothing of Mesa is kept here.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/check-mesa-patches.mjs FOLDER (a checkout of Mesa)');
  process.exit(2);
}
const patches = fileURLToPath(new URL('../mesa-patches/', import.meta.url));
const number = (name) => Number(name.match(/\d+/)?.[0] ?? 0);
const names = readdirSync(patches, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort((a, b) => number(a) - number(b));

// In one input: a patch of several sees what those before it changed.
const applies = (files) =>
  spawnSync('git', ['apply', '--check', '-'], {
    cwd: folder,
    encoding: 'utf8',
    input: files.map((path) => readFileSync(path, 'utf8')).join(''),
  });
const file = (name) => `${patches}${name}/mesa.diff`;
let failed = 0;
const report = (title, { status, stderr, error }) => {
  if (status !== 0) failed++;
  console.log(
    `${status === 0 ? 'applies' : 'FAILS  '} ${title}${status === 0 ? '' : `: ${(error?.message ?? stderr).trim()}`}`,
  );
};
// k2 changes lines of k1's.
for (const name of names) report(name, applies(name.startsWith('k2-') ? [file(names[0]), file(name)] : [file(name)]));
report('all together', applies(names.map(file)));
process.exitCode = failed === 0 ? 0 : 1;
