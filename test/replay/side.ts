/**
 * One compiler over many models, in a process of its own: `side.ts SRC LIST`. LIST is a JSON file of jobs; each record is
 * written under another name first, as two runs may share the cache.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { compiledModel } from './compiled.js';
import { compilerOf } from './compilers.js';

export interface Job {
  readonly model: string;
  readonly setting: string;
  readonly record: string;
}

const main = async ([folder, list]: readonly string[]): Promise<void> => {
  if (folder === undefined || list === undefined) throw new Error('side.ts SRC LIST');
  const compiler = await compilerOf(folder);
  const jobs = JSON.parse(readFileSync(list, 'utf8')) as readonly Job[];
  for (const { model, setting, record } of jobs) {
    const made = compiledModel(compiler, new Uint8Array(readFileSync(model)), setting);
    const draft = `${record}.${process.pid}`;
    writeFileSync(draft, gzipSync(JSON.stringify(made), { level: 1 }));
    renameSync(draft, record);
  }
};

await main(process.argv.slice(2));
