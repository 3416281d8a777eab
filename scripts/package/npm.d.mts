import type { PrebuiltTarget } from '../prebuilt.mjs';

export function prepareNpm(targets: readonly PrebuiltTarget[]): void;
/** @returns the path of the package */
export function packNpm(folder?: string): string;
