// `npm run build`: the engine and what runs here. `npm run build -- --target NAME`: the engine, and libptfe.so and the addon
// of the tools for machines of that kind in prebuilds/NAME.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prebuild, prebuildAddon, prebuiltTargets } from './prebuilt.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const stop = (text) => {
  console.error(text);
  process.exit(1);
};

const script = (name) => {
  const { status } = spawnSync(process.execPath, [`${root}/scripts/${name}.mjs`], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

function wantedTargets() {
  try {
    const { values } = parseArgs({ options: { target: { type: 'string', multiple: true, default: [] } } });
    return values.target;
  } catch (error) {
    return stop(`build: ${error.message}`);
  }
}

const targets = wantedTargets();
const unknown = targets.find((name) => !Object.hasOwn(prebuiltTargets, name));
if (unknown !== undefined) {
  stop(`build: no target "${unknown}" (--target ${Object.keys(prebuiltTargets).join('|')})`);
}
script('build-engine');
if (targets.length === 0) script('build-native');
for (const target of targets) {
  for (const build of [prebuild, prebuildAddon]) {
    const built = build(root, target);
    if ('why' in built) stop(`build: no compiler for ${target}: ${built.why}`);
    console.log(`${relative(root, built.path)}: ${statSync(built.path).size} bytes, ${prebuiltTargets[target]}`);
  }
}
