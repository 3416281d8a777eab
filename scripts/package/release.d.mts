export function changelogFault(text: string, version: string): string | null;
export function elfFaults(bytes: Buffer, machine: string | undefined): readonly string[];
export function contentFaults(
  folder: string,
  wanted: { readonly machine?: string; readonly needed: readonly string[]; readonly hidden: string },
): readonly string[];
