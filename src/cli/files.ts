/** Files of commands: what cannot be read or written is one sentence, and errors inside a file begin with its name. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { PtfeError } from '../error.js';
import { readTflite, type TfliteModel } from '../tflite/reader.js';
import type { Refusal } from '../ops/shared/rule.js';
import { bugRule } from '../partition/part_rules.js';
import { stream } from './arguments.js';
import type { Terminal } from './subcommand.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'no permission',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be too large',
  EROFS: 'the file system is read-only',
};

/** What an error of the system means. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (code === '' ? String(error) : code);
};

/** Node reads no more in one go than 2 GiB; models with their data behind the tables can be larger. */
const chunkBytes = 2 ** 30;

const standardInput = 0;

/** @param path `-`: standard input */
const readWhole = (path: string): Uint8Array => {
  if (path === stream) return Uint8Array.from(readFileSync(standardInput));
  const file = openSync(path, 'r');
  try {
    const stats = fstatSync(file);
    // A copy of its own: small files come as slices of node's pool, and records are read at aligned offsets.
    if (!stats.isFile()) return Uint8Array.from(readFileSync(file));
    const bytes = new Uint8Array(stats.size);
    let at = 0;
    while (at < bytes.byteLength) {
      const got = readSync(file, bytes, at, Math.min(chunkBytes, bytes.byteLength - at), null);
      if (got === 0) return bytes.slice(0, at);
      at += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
};

/** @throws PtfeError `no-file` */
export const readBytes = (path: string): Uint8Array => {
  try {
    return readWhole(path);
  } catch (error) {
    throw new PtfeError('no-file', path, error instanceof RangeError ? 'no memory for it' : reasonOf(error));
  }
};

/** A file of which a full disk took the beginning only. */
const dropHalf = (path: string, error: unknown): void => {
  const isFull =
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(error.code));
  if (isFull && statSync(path, { throwIfNoEntry: false })?.isFile() === true) unlinkSync(path);
};

/** Where a command that writes a file says so: not into the file. */
export const sayOf = ({ out, err }: Pick<Terminal, 'out' | 'err'>, path: string | null): Terminal['out'] =>
  path === stream ? err : out;

/** To a file, or to standard output. @throws PtfeError `no-file` */
export const writeOutput = (terminal: Pick<Terminal, 'outBytes'>, path: string, bytes: Uint8Array): void => {
  if (path === stream) terminal.outBytes(bytes);
  else writeBytes(path, bytes);
};

/** @throws PtfeError `no-file` */
export const writeBytes = (path: string, bytes: Uint8Array): void => {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    dropHalf(path, error);
    throw new PtfeError('no-file', path, `it cannot be written: ${reasonOf(error)}`);
  }
};

/** Runs a reader of a file's contents; its errors name the file too. */
export const inFile = <T>(path: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PtfeError)) throw error;
    throw new PtfeError(error.code, `${path}: ${error.where}`, error.text, error.remedy);
  }
};

const gzipMagic = [0x1f, 0x8b] as const;

/** Contents of a file, unpacked where it is gzipped. @throws PtfeError */
export const readUnpacked = (path: string): Uint8Array => {
  const bytes = readBytes(path);
  if (gzipMagic.some((byte, i) => bytes[i] !== byte)) return bytes;
  try {
    return Uint8Array.from(gunzipSync(bytes));
  } catch {
    throw new PtfeError('bad-stream', path, 'its gzip data are damaged or cut off');
  }
};

/** @throws PtfeError */
export const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    throw new PtfeError('bad-stream', 'contents', 'not JSON, or cut off');
  }
};

export interface ModelFile extends TfliteModel {
  readonly bytes: Uint8Array;
}

/** @throws PtfeError */
export const readModel = (path: string): ModelFile => {
  const bytes = readBytes(path);
  return { bytes, ...inFile(path, () => readTflite(bytes)) };
};

/** Says on stderr that nodes were refused because of bugs of ours. @returns whether there were any: then the command fails */
export const tellBugs = (
  name: string,
  refusals: readonly (Refusal & { readonly node: number })[],
  terminal: Pick<Terminal, 'err'>,
): boolean => {
  const bugs = refusals.filter(({ rule }) => rule === bugRule);
  for (const { node, text } of bugs) terminal.err(`ptfe ${name}: node ${node}: ${text}\n`);
  return bugs.length > 0;
};
