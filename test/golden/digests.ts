/** One line for each group of models and setting: digests of what the compiler makes of them (`test/replay/compiled.ts`). */
import { usualSettings } from '../replay/compiled.js';
import { type ReplayModel, replayModels } from '../replay/models.js';
import { isOpGroup, opSetting } from '../replay/op_models.js';
import type { DigestLine } from './digest_list.js';

/** Every model with what it is for: an op by itself whether or not it pays; those that are compiled quickly with all settings. */
export const digestLines = (): readonly DigestLine[] => {
  const groups = new Map<string, ReplayModel[]>();
  for (const model of replayModels()) groups.set(model.group, [...(groups.get(model.group) ?? []), model]);
  return usualSettings.flatMap((setting) =>
    [...groups].flatMap(([group, all]) => {
      const main = isOpGroup(group) ? opSetting : 'fast';
      const models = all.filter(({ quick }) => quick || setting === main);
      return models.length === 0
        ? []
        : [{ key: `${group} ${setting}`, own: models.every(({ own }) => own), models, setting }];
    }),
  );
};
