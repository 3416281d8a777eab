// `npm run deb`: packages for Debian's arm64 and amd64, in build/packages. `-- --target NAME`: for one.
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { debMachines, makeDeb } from './package/deb.mjs';
import { root } from './package/packaging.mjs';
import { chosenTargets } from './package/targets.mjs';

for (const target of chosenTargets('deb', Object.keys(debMachines))) {
  const deb = makeDeb(target);
  console.log(`${relative(root, deb)}: ${statSync(deb).size} bytes`);
}
