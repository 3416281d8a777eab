/** One line for each group of models and setting: digests of what the compiler makes of them (`test/replay/compiled.ts`). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../host/python.js';
import { compiledModel, type Compiler, digestsOf, usualSettings } from '../replay/compiled.js';
import { compilerOf } from '../replay/compilers.js';
import { type ReplayModel, replayModels } from '../replay/models.js';

export const digestFile = new URL('digests.list', import.meta.url);

export interface DigestLine {
  /** Group and setting. */
  readonly key: string;
  readonly own: boolean;
  readonly models: readonly ReplayModel[];
  readonly setting: string;
}

/** Every model with the usual setting; those that are compiled quickly with all of them. */
export const digestLines = (): readonly DigestLine[] => {
  const groups = new Map<string, ReplayModel[]>();
  for (const model of replayModels()) groups.set(model.group, [...(groups.get(model.group) ?? []), model]);
  return usualSettings.flatMap((setting) =>
    [...groups].flatMap(([group, all]) => {
      const models = all.filter(({ quick }) => quick || setting === 'fast');
      return models.length === 0
        ? []
        : [{ key: `${group} ${setting}`, own: models.every(({ own }) => own), models, setting }];
    }),
  );
};

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
