import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, builds, staleReason } from '../../scripts/stale.mjs';
import { repository } from './repository.js';

/** What was built of other sources tells nothing: a test refuses it. One line, for no stack helps here. */
export class StaleBuild extends Error {
  constructor(reason: string) {
    super(reason);
    this.stack = reason;
  }
}

const checked = new Map<Build, string | null>();

/** @throws StaleBuild where an output that exists is older than one of its sources */
export function demandFresh(...names: readonly Build[]): void {
  for (const name of names) {
    if (!existsSync(join(repository, builds[name].output))) continue; // tests skip, and say so
    const known = checked.get(name);
    const reason = known === undefined ? staleReason(repository, name) : known;
    checked.set(name, reason);
    if (reason !== null) throw new StaleBuild(reason);
  }
}
