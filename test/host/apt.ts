/** Debian's packages by name, downloaded and unpacked into a folder: nothing is installed, and no root is needed. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotSetUp, type Runner } from './process.js';

export interface Apt {
  readonly runner: Runner;
  readonly folder: string;
  readonly options: readonly string[];
}

/** Where this machine gets its packages from. */
const mirror = ({ tryRun }: Runner): string => {
  const listed = tryRun('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  if (!listed.ok) throw new CannotSetUp(`where packages come from: ${listed.why}`);
  const uri = listed.stdout.split('\n').find((line) => line !== '' && !line.includes('security'));
  if (uri === undefined) throw new CannotSetUp('no apt with a list of packages (apt-get update)');
  return uri;
};

/**
 * A private apt for an architecture, which knows nothing of what is installed here.
 * @param releases Debian's code names, or `sid`; the last one is preferred
 */
export const openApt = (runner: Runner, folder: string, architecture: string, releases: readonly string[]): Apt => {
  const uri = mirror(runner);
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), releases.map((release) => `deb ${uri} ${release} main\n`).join(''));
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
  };
  const options = [
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['-t', releases.at(-1) ?? 'stable', '-qq'],
  ];
  runner.run(`the list of ${architecture} packages`, 'apt-get', [...options, 'update']);
  return { runner, folder, options };
};

/** What a package depends on. */
export const dependsOf = ({ runner, options }: Apt, name: string): string =>
  runner.run(`what ${name} depends on`, 'apt-cache', [...options, 'depends', name]);

const debs = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(folder, file));

/** Packages with all that they depend on. @returns the files */
export const downloadAll = ({ runner, folder, options }: Apt, names: readonly string[]): readonly string[] => {
  const flags = ['-y', '--no-install-recommends', '--download-only', 'install'];
  runner.run(names.join(', '), 'apt-get', [...options, ...flags, ...names]);
  return debs(join(folder, 'cache/archives'));
};

/** Packages without what they depend on. @returns the files */
export const downloadOnly = ({ runner, folder, options }: Apt, names: readonly string[]): readonly string[] => {
  const alone = join(folder, 'debs');
  rmSync(alone, { recursive: true, force: true });
  mkdirSync(alone, { recursive: true });
  runner.run(names.join(', '), 'apt-get', [...options, 'download', ...names], { cwd: alone });
  return debs(alone);
};

export const unpack = ({ run }: Runner, archives: readonly string[], folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const archive of archives) run(archive, 'dpkg', ['-x', archive, folder]);
};

export const forget = (apt: Apt): void => rmSync(apt.folder, { recursive: true, force: true });
