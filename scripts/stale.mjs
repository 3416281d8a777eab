// Which build outputs are older than what they are made of: asked by `npm run demo`, which builds them, and by tests, which
// refuse to run them.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const builds = {
  engine: {
    output: 'dist/engine.mjs',
    sources: [
      'src',
      'web/report',
      'package.json',
      'scripts/build-engine.mjs',
      'scripts/engine-loader.mjs',
      'scripts/report-page.mjs',
    ],
    command: 'npm run build:engine',
  },
  delegate: {
    output: 'build/Release/libptfe.so',
    sources: ['delegate', 'binding.gyp', 'package.json', 'scripts/build-native.mjs'],
    command: 'npm run build:native',
  },
};

/** The newest file at or below a path, with its time. */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return [path, stats.mtimeMs];
  return readdirSync(path)
    .map((name) => newest(join(path, name)))
    .reduce((found, one) => (one[1] > found[1] ? one : found), [path, 0]);
}

/** One line: what is missing or older than a source, and the command that makes it. Null where it is up to date. */
export function staleReason(root, name) {
  const { output, sources, command } = builds[name];
  if (!existsSync(join(root, output))) return `${output} is not built: ${command}`;
  const made = statSync(join(root, output)).mtimeMs;
  for (const source of sources) {
    const [path, time] = newest(join(root, source));
    if (time > made) return `${output} is older than ${path.slice(join(root, '/').length)}: ${command}`;
  }
  return null;
}
