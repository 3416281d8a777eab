import type { NoZig } from './zig.mjs';

export type PrebuiltTarget = 'aarch64' | 'aarch64-musl' | 'x86_64' | 'x86_64-musl';

/** zig's name of each. */
export const prebuiltTargets: Readonly<Record<PrebuiltTarget, string>>;

export function prebuiltPath(root: string, target: PrebuiltTarget, name?: string): string;

/** @returns its path, or why there is no compiler @throws where the sources do not compile */
export function prebuild(root: string, target: PrebuiltTarget): { readonly path: string } | NoZig;

/** The Node addon of the tools. */
export function prebuildAddon(root: string, target: PrebuiltTarget): { readonly path: string } | NoZig;
