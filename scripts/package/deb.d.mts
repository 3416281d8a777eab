export type DebTarget = 'aarch64' | 'x86_64';

export const debMachines: Readonly<
  Record<DebTarget, { readonly architecture: 'amd64' | 'arm64'; readonly triplet: string }>
>;
/** @returns the package's path @throws Lacking */
export function makeDeb(target: DebTarget): string;
