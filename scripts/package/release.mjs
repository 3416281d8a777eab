// What must hold of everything that a release consists of.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns what is wrong with the changelog's newest entry, or null */
export function changelogFault(text, version) {
  const [, named, rest] = /^## (\S+) \((.*)\)$/m.exec(text) ?? [];
  if (named === undefined) return 'it has no heading "## VERSION (DATE)"';
  if (named !== version) return `its newest entry is of ${named}, and package.json says ${version}`;
  return /^\d{4}-\d\d-\d\d$/.test(rest) ? null : `${version} has no date: (${rest})`;
}

/** Elf's numbers for processors. */
const elfMachines = new Map([
  [62, 'x86_64'],
  [183, 'aarch64'],
]);

const most = [2, 28];

const isNewer = (version) => {
  const [major, minor = 0] = version.split('.').map(Number);
  return major > most[0] || (major === most[0] && minor > most[1]);
};

/** @returns what is wrong with a native file for that machine */
export function elfFaults(bytes, machine) {
  if (bytes.length < 20 || bytes.toString('latin1', 0, 4) !== '\x7fELF') return ['no ELF file'];
  const is = elfMachines.get(bytes.readUInt16LE(18)) ?? 'another machine';
  const versions = [...new Set(bytes.toString('latin1').match(/GLIBC_\d[\d.]*/g) ?? [])].map((name) => name.slice(6));
  return [
    ...(is === machine ? [] : [`it is for ${is}`]),
    ...versions.filter(isNewer).map((version) => `it needs glibc ${version}, above ${most.join('.')}`),
  ];
}

/** A path's machine, where it names one (prebuilds/aarch64-musl/..., usr/lib/x86_64-linux-gnu/...); else the artefact's. */
const machineOf = (path, otherwise) => /\b(x86_64|aarch64)\b/.exec(path)?.[1] ?? otherwise;

/**
 * @param folder an artefact, unpacked
 * @param machine what it is for; undefined where its paths say so
 * @param hidden text that may stand in none of its files: a folder of this machine
 */
export function contentFaults(folder, { machine, needed, hidden }) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const missing = needed.filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)));
  return [
    ...missing.map((name) => `it lacks ${name}`),
    ...files.flatMap((file) => {
      const bytes = readFileSync(join(folder, file));
      const faults = /\.(so|node)$/.test(file) ? elfFaults(bytes, machineOf(file, machine)) : [];
      return [...faults, ...(bytes.includes(hidden) ? [`it names ${hidden}`] : [])].map((fault) => `${file}: ${fault}`);
    }),
  ];
}
