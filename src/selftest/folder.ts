/**
 * The ladder as a folder, for a board without Node: `ladder.txt`, a line for each rung with its number, its counts of inputs and
 * outputs and its name; `NNN.plan`, `NNN.inI`, and `NNN.wantO`, the software NPU's values. `examples/run_ladder.c` adds
 * `NNN.gotO`, the device's, or `NNN.failed`, why there are none.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PtfeError } from '../error.js';
import type { RunDevice, RunSoftware } from './judge.js';
import type { Rung } from './ladder.js';

const ladderFile = 'ladder.txt';
const digits = 3;
const numbered = (number: number): string => String(number).padStart(digits, '0');

/** @throws PtfeError `no-file` in place of the error of a call on a file */
const onFile = <T>(path: string, call: () => T): T => {
  try {
    return call();
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/,.*/s, '') : String(error);
    throw new PtfeError('no-file', path, text);
  }
};

export const writeLadder = (folder: string, rungs: readonly Rung[], software: RunSoftware): void => {
  // Not recursive: that never ends in /proc.
  if (!existsSync(folder)) onFile(folder, () => mkdirSync(folder));
  const put = (name: string, bytes: Uint8Array | string): void =>
    onFile(join(folder, name), () => writeFileSync(join(folder, name), bytes));
  const lines = rungs.map((rung, i) => {
    const number = numbered(i);
    const outputs = software(rung, {});
    put(`${number}.plan`, rung.plan);
    rung.inputs.forEach((bytes, k) => put(`${number}.in${k}`, bytes));
    outputs.forEach((bytes, k) => put(`${number}.want${k}`, bytes));
    return `${number} ${rung.inputs.length} ${outputs.length} ${rung.name}\n`;
  });
  put(ladderFile, lines.join(''));
};

export interface RunFolder {
  readonly rungs: readonly Rung[];
  readonly device: RunDevice;
}

/** A folder with a device's values. @throws PtfeError `bad-usage` where it is none */
export const readLadder = (folder: string): RunFolder => {
  const path = join(folder, ladderFile);
  if (!existsSync(path)) throw new PtfeError('no-file', path, 'there is no such file', 'ptfe selftest --write FOLDER');
  const outputs = new Map<Rung, readonly string[]>();
  const rungs = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Rung => {
      const [, number = '', inputs = '0', results = '0', name = ''] =
        /^(\d+) (\d{1,2}) (\d{1,2}) (.*)$/.exec(line) ?? [];
      if (number === '') throw new PtfeError('no-file', path, `"${line.slice(0, 40)}" is no rung`);
      const file = (suffix: string): string => join(folder, `${number}.${suffix}`);
      const bytes = (suffix: string): Uint8Array =>
        onFile(file(suffix), () => Uint8Array.from(readFileSync(file(suffix))));
      const rung: Rung = {
        name,
        plan: bytes('plan'),
        inputs: Array.from({ length: Number(inputs) }, (_, k) => bytes(`in${k}`)),
      };
      outputs.set(
        rung,
        Array.from({ length: Number(results) }, (_, k) => file(`got${k}`)),
      );
      return rung;
    });
  const device: RunDevice = (rung) => {
    const files = outputs.get(rung) ?? [];
    const failed = files[0]?.replace(/got0$/, 'failed') ?? '';
    if (existsSync(failed)) throw new Error(readFileSync(failed, 'utf8').trim());
    if (!files.every((file) => existsSync(file))) throw new Error('it was not run');
    return files.map((file) => Uint8Array.from(readFileSync(file)));
  };
  if (rungs.length === 0) throw new PtfeError('no-file', path, 'it names no rung', 'ptfe selftest --write FOLDER');
  return { rungs, device };
};
