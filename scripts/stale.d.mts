export type Build = 'engine' | 'delegate';

export const builds: Readonly<Record<Build, { readonly output: string; readonly sources: readonly string[] }>>;

/** Why an output does not stand for its sources, in one line with the command that makes it; null where it does. */
export function staleReason(root: string, name: Build): string | null;
