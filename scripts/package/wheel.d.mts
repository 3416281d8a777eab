import type { PrebuiltTarget } from '../prebuilt.mjs';

/** The platform tag of each. */
export const wheelTags: Readonly<Record<PrebuiltTarget, string>>;
export function wheelName(target: PrebuiltTarget): string;
/** @returns the wheel's path @throws Lacking */
export function makeWheel(target: PrebuiltTarget): string;
