import { prebuild } from '../../scripts/prebuilt.mjs';
import { repository } from './repository.js';
import type { Lack } from './skip.js';
import { zigLack } from './zig.js';

/** libptfe.so for aarch64 as it is released. @returns its path, or why there is none */
export function aarch64Library(): string | { readonly why: Lack } {
  const built = prebuild(repository, 'aarch64');
  return 'why' in built ? { why: zigLack(built) } : built.path;
}
