// `npm run wheel`: wheels for all machines, in build/packages. `-- --target NAME`: for one.
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { chosenTargets } from './package/targets.mjs';
import { root } from './package/packaging.mjs';
import { makeWheel, wheelTags } from './package/wheel.mjs';

for (const target of chosenTargets('wheel', Object.keys(wheelTags))) {
  const wheel = makeWheel(target);
  console.log(`${relative(root, wheel)}: ${statSync(wheel).size} bytes`);
}
