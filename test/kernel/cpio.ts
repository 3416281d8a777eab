/** A guest's first file system: cpio in the "newc" form (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
import { type Stats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const alignment = 4;
const padded = (bytes: Uint8Array): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);

const entry = (number: number, name: string, mode: number, data: Uint8Array): Buffer => {
  const named = Buffer.from(`${name}\0`);
  const fields = [number, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, named.length, 0];
  const header = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), named])), padded(data)]);
};

const dataOf = (path: string, stats: Stats): Uint8Array => {
  if (stats.isSymbolicLink()) return Buffer.from(readlinkSync(path));
  return stats.isFile() ? readFileSync(path) : new Uint8Array();
};

/** @returns a folder as a compressed archive */
export const packFolder = (folder: string): Uint8Array => {
  const names = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()];
  const entries = names.map((name, i) => {
    const path = join(folder, name);
    const stats = lstatSync(path);
    return entry(i + 1, name === '' ? '.' : name, stats.mode, dataOf(path, stats));
  });
  return gzipSync(Buffer.concat([...entries, entry(0, 'TRAILER!!!', 0, new Uint8Array())]), { level: 1 });
};
