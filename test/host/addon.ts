import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Addon, Region } from '../../src/cli/installation.js';
import { repository } from './python.js';
import { demandFresh } from './fresh.js';

export type { Addon, Region as AddonRegion };

/** The addon to test: the built one, or the one that PTFE_ADDON names. */
export const addonPath = process.env['PTFE_ADDON'] ?? join(repository, 'build/Release/ptfe_addon.node');

/** @returns the addon, or why it is not there */
export function loadAddon(): Addon | string {
  if (!existsSync(addonPath)) return 'the addon is not built (npm run build:native)';
  demandFresh('delegate');
  return createRequire(import.meta.url)(addonPath) as Addon;
}

/** `name=value,name=value` as in PTFE_FACTS. */
export function factsFromEnvironment(): Readonly<Record<string, string>> {
  const pairs = (process.env['PTFE_FACTS'] ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}
