/** benchmarks/results: a file for each part. Cases that are measured again replace what was there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { repository } from '../test/host/repository.js';
import type { Case, Results } from './figures.js';
import type { Part } from './part.js';

const folder = join(repository, 'benchmarks/results');

export const resultsPath = (part: string): string => join(folder, `${part}.json`);

export const readResults = (part: string): Results => {
  const path = resultsPath(part);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : { part, cases: [] };
};

/** In the part's order; what it does not know any more is dropped. */
export const withCases = ({ name, cases: known }: Part, { cases: old }: Results, fresh: readonly Case[]): Results => ({
  part: name,
  cases: known.flatMap((one) => fresh.find((made) => made.name === one) ?? old.find((kept) => kept.name === one) ?? []),
});

export const writeResults = async (results: Results): Promise<void> => {
  writeFileSync(resultsPath(results.part), await format(JSON.stringify(results), { parser: 'json', printWidth: 120 }));
};
