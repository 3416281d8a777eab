export function sourcesOf(root: string, target: string): readonly string[];
