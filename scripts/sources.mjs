// What binding.gyp builds, for builds beside node-gyp's: sanitized ones, and those of tests.
import { readFileSync } from 'node:fs';

/** The C sources of a target, with "<@(name)" spelt out. */
export function sourcesOf(root, target) {
  const gyp = JSON.parse(readFileSync(`${root}/binding.gyp`, 'utf8'));
  return [...gyp.targets, ...gyp.conditions.flatMap(([, { targets }]) => targets)]
    .find(({ target_name: name }) => name === target)
    .sources.flatMap((source) => gyp.variables[/^<@\((\w+)\)$/.exec(source)?.[1]] ?? [source]);
}
