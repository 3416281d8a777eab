/** Its Python, or why there is none. */
export type Zig = { readonly python: string } | { readonly why: string };

export function findZig(): Zig;

export const zigFolder: string;
