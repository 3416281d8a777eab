import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadAll, forget, openApt, unpack } from './apt.js';
import { CannotSetUp, type Runner, runner } from './process.js';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

/**
 * Debian packages of any architecture unpacked into a folder of the repository's cache: nothing is installed, no root is
 * needed. Only where apt is.
 */
export type Sysroot = { readonly folder: string } | { readonly why: Lack };

/** @param release Debian's code name, or `sid` */
export function debianSysroot(
  name: string,
  release: string,
  architecture: string,
  packages: readonly string[],
  commands: Runner = runner(),
): Sysroot {
  const folder = join(repository, '.cache/sysroots', name);
  const stampFile = join(folder, 'ptfe-stamp');
  const stamp = JSON.stringify({ release, architecture, packages });
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { folder };
  process.stderr.write(`unpacking ${packages.join(', ')} (${architecture}, once) ...\n`);
  rmSync(folder, { recursive: true, force: true });
  try {
    const apt = openApt(commands, join(folder, '.apt'), architecture, [release]);
    unpack(commands, downloadAll(apt, packages), folder);
    forget(apt);
  } catch (error) {
    if (error instanceof CannotSetUp) return { why: `network: ${packages.join(', ')} cannot be had: ${error.message}` };
    throw error;
  }
  writeFileSync(stampFile, stamp);
  return { folder };
}
