/** Digests of what the compiler makes of groups of models (`test/replay/compiled.ts`), a line for each group and setting. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/repository.js';
import { compiledModel, type Compiler, digestsOf } from '../replay/compiled.js';
import { compilerOf } from '../replay/compilers.js';
import type { ReplayModel } from '../replay/op_models.js';

export const digestFile = new URL('digests.list', import.meta.url);

export interface DigestLine {
  /** Group and setting. */
  readonly key: string;
  readonly own: boolean;
  readonly models: readonly ReplayModel[];
  readonly setting: string;
}

let compiler: Promise<Compiler> | null = null;

export const digestOf = async ({ models, setting }: DigestLine): Promise<string> => {
  compiler ??= compilerOf(join(repository, 'src'));
  const present = await compiler;
  return digestsOf(models.map(({ bytes }) => compiledModel(present, bytes(), setting)));
};

/** Digests by group and setting, as they stand in git. */
export const knownDigests = (): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(digestFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [key = '', digests = ''] = line.split(': ');
        return [key, digests];
      }),
  );
