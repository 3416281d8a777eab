// What binding.gyp builds, for builds beside node-gyp's: releases, sanitized ones, and those of tests. The one reader of it.
import { readFileSync } from 'node:fs';

const readGyp = (root) => JSON.parse(readFileSync(`${root}/binding.gyp`, 'utf8'));

const targetOf = (gyp, target) =>
  [...gyp.targets, ...gyp.conditions.flatMap(([, { targets }]) => targets)].find(
    ({ target_name: name }) => name === target,
  );

/** The C sources of a target, with "<@(name)" spelt out. */
export function sourcesOf(root, target) {
  const gyp = readGyp(root);
  const { sources, conditions = [] } = targetOf(gyp, target);
  // A target's condition is WebAssembly; otherwise it is a machine.
  return [...sources, ...conditions.flatMap(([, , otherwise]) => otherwise?.sources ?? [])].flatMap(
    (source) => gyp.variables[/^<@\((\w+)\)$/.exec(source)?.[1]] ?? [source],
  );
}

/** A list among binding.gyp's variables: npu_sources, plan_sources. */
export const listOf = (root, name) => readGyp(root).variables[name];

/** `-DPTFE_VERSION`, as a compiler takes it without a shell. */
export function versionDefine(root) {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  return `-DPTFE_VERSION="${version}"`;
}

/** The libraries of libptfe.so. */
export const librariesOf = (root) => targetOf(readGyp(root), 'ptfe').libraries;

/** Flags of every C file. */
export const compileFlags = (root) => [...readGyp(root).target_defaults.cflags_c, versionDefine(root), '-fPIC'];

/** All that a C compiler is told to make libptfe.so, but for `-o`: binding.gyp's sources and flags. Paths from `root`. */
export function libraryArguments(root) {
  const gyp = readGyp(root);
  const { ldflags, libraries } = targetOf(gyp, 'ptfe');
  return [...compileFlags(root), '-shared', ...sourcesOf(root, 'ptfe'), ...ldflags, ...libraries];
}

/** The same for the addon, which leaves Node-API to the Node that loads it. `include`: the folder of node_api.h. */
export function addonArguments(root, include) {
  const defines = ['-DNODE_GYP_MODULE_NAME=ptfe_addon', '-DBUILDING_NODE_EXTENSION', `-I${include}`];
  const sources = sourcesOf(root, 'ptfe_addon');
  return [...compileFlags(root), ...defines, '-shared', ...sources, ...librariesOf(root)];
}
