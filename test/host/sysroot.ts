import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './python.js';
import type { Lack } from './skip.js';

/**
 * Debian packages of any architecture unpacked into a folder of the repository's cache: nothing is installed, no root is
 * needed. Only where apt is.
 */
export type Sysroot = { readonly folder: string } | { readonly why: Lack };

const seconds = 300;

const run = (command: string, args: readonly string[]): { readonly ok: boolean; readonly text: string } => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: seconds * 1000 });
  const lines = `${stderr ?? ''}\n${error?.message ?? ''}`.trim().split('\n');
  return { ok: status === 0, text: status === 0 ? stdout : (lines.findLast((line) => line !== '') ?? '') };
};

/** Where this machine gets its packages from. */
const mirror = (): string | undefined =>
  run('apt-get', ['indextargets', '--format', '$(REPO_URI)'])
    .text.split('\n')
    .find((uri) => uri !== '' && !uri.includes('security'));

/** A private apt that knows nothing of what is installed here. */
const aptOptions = (folder: string, architecture: string): readonly string[] => {
  const state = join(folder, '.apt');
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Dir::Etc::sourcelist': join(state, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(state, 'lists'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
};

/** @param release Debian's code name, or `sid` */
export function debianSysroot(
  name: string,
  release: string,
  architecture: string,
  packages: readonly string[],
): Sysroot {
  const folder = join(repository, '.cache/sysroots', name);
  const stampFile = join(folder, 'ptfe-stamp');
  const stamp = JSON.stringify({ release, architecture, packages });
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { folder };
  const uri = mirror();
  if (uri === undefined) return { why: 'tool: no apt with a list of packages (apt-get update)' };
  process.stderr.write(`unpacking ${packages.join(', ')} (${architecture}, once) ...\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '.apt/lists/partial'), { recursive: true });
  mkdirSync(join(folder, '.apt/cache/archives/partial'), { recursive: true });
  writeFileSync(join(folder, '.apt/status'), '');
  writeFileSync(join(folder, '.apt/sources.list'), `deb ${uri} ${release} main\n`);
  const options = aptOptions(folder, architecture);
  const updated = run('apt-get', [...options, '-qq', 'update']);
  const install = ['-qq', '-y', '--no-install-recommends', '--download-only', 'install', ...packages];
  const fetched = updated.ok ? run('apt-get', [...options, ...install]) : updated;
  if (!fetched.ok) return { why: `network: ${packages.join(', ')} cannot be had: ${fetched.text}` };
  const archives = join(folder, '.apt/cache/archives');
  for (const archive of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
    const unpacked = run('dpkg', ['-x', join(archives, archive), folder]);
    if (!unpacked.ok) return { why: `tool: ${archive} cannot be unpacked: ${unpacked.text}` };
  }
  rmSync(join(folder, '.apt'), { recursive: true });
  writeFileSync(stampFile, stamp);
  return { folder };
}
