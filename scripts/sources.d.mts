export function sourcesOf(root: string, target: string): readonly string[];
export function listOf(root: string, name: 'npu_sources' | 'plan_sources'): readonly string[];
export function versionDefine(root: string): string;
export function librariesOf(root: string): readonly string[];
export function libraryArguments(root: string): readonly string[];
export function addonArguments(root: string, include: string): readonly string[];
