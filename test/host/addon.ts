import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Addon, Region } from '../../src/cli/installation.js';
import { demandFresh } from './fresh.js';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

export type { Addon, Region as AddonRegion };

const built = join(repository, 'build/Release/ptfe_addon.node');

/** The addon to test: the built one, or the one that PTFE_ADDON names. */
export const addonPath = process.env['PTFE_ADDON'] ?? built;

/** @returns the addon, or why it is not there */
export function loadAddon(): Addon | Lack {
  if (!existsSync(addonPath)) return 'tool: the addon is not built (npm run build:native)';
  if (addonPath === built) demandFresh('delegate');
  return createRequire(import.meta.url)(addonPath) as Addon;
}

/** `name=value,name=value` as in PTFE_FACTS. */
export function factsFromEnvironment(): Readonly<Record<string, string>> {
  const pairs = (process.env['PTFE_FACTS'] ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}
