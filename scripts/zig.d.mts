/** Its Python, or why there is none, and what it is that is missing. */
export type Zig = { readonly python: string } | NoZig;

export interface NoZig {
  readonly why: string;
  readonly lacks: 'tool' | 'network';
}

export function findZig(): Zig;

export const zigFolder: string;
