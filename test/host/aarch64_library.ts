import { prebuild } from '../../scripts/prebuilt.mjs';
import { repository } from './python.js';

/** libptfe.so for aarch64 as it is released. @returns its path, or why there is none */
export function aarch64Library(): string | { readonly why: string } {
  const built = prebuild(repository, 'aarch64');
  return 'why' in built ? built : built.path;
}
