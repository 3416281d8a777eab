import type { SpawnSyncOptions } from 'node:child_process';
import type { PrebuiltTarget } from '../prebuilt.mjs';

export const root: string;
/** Where finished packages lie. */
export const packageFolder: string;
export const version: string;

/** What cannot be had here: `lacks` is a class of test/host/skip.ts. */
export class Lacking extends Error {
  readonly lacks: 'tool' | 'network';
  constructor(lacks: 'tool' | 'network', why: string);
}

export function run(command: string, args: readonly string[], options?: SpawnSyncOptions): string;
export function bundles(): string;
export function types(): void;
export function nativeFiles(target: PrebuiltTarget): readonly [library: string, addon: string];
export function packagingPython(): string;
