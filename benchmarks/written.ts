/** Files of the repository that are made of the results. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../test/host/repository.js';
import { chartOf, panelsOf } from './chart.js';
import { pageOf } from './page.js';
import { parts } from './parts/index.js';
import { readResults } from './store.js';

/** Path in the repository -> text. */
export const writtenFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/benchmarks.md', pageOf(parts, readResults)],
    ['docs/benchmarks.svg', chartOf(panelsOf(readResults))],
  ]);

export const writePage = (): readonly string[] =>
  [...writtenFiles()].map(([path, text]) => {
    writeFileSync(join(repository, path), text);
    return path;
  });
