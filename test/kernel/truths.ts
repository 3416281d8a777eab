/** The right values, by the same program and library as in the guest, under qemu-user: no NPU is there. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findQemu } from '../host/teflon.js';
import { CannotSetUp } from '../host/process.js';
import type { Programs } from './programs.js';

export interface Request {
  readonly model: string;
  readonly rounds: number;
  /** null: TFLite's kernels. */
  readonly plan: string | null;
}

/** @returns hashes by round */
export const truthOf = (programs: Programs, { model, rounds, plan }: Request): readonly string[] => {
  const qemu = findQemu();
  if (typeof qemu !== 'string') throw new CannotSetUp(qemu.why);
  const libraries = join(programs.sysroot, 'usr/lib/aarch64-linux-gnu');
  const delegate =
    plan === null ? ['-', String(rounds)] : [programs.library, String(rounds), `plan=${plan}`, 'device=software'];
  const args = [
    ...[join(libraries, 'ld-linux-aarch64.so.1'), '--library-path', libraries],
    ...[programs.host, 'run', join(libraries, 'libtensorflow-lite.so.2.14.1'), model, ...delegate],
  ];
  const { status, stdout, stderr } = spawnSync(qemu, args, { encoding: 'utf8', timeout: 600_000 });
  if (status !== 0) throw new Error(`${model} under qemu-user: ${stderr}`);
  if (plan !== null && stderr !== '') throw new Error(`${model} under qemu-user: ${stderr}`);
  return [...stdout.matchAll(/"hash":"(\w+)"/g)].map(([, hash = '']) => hash);
};
