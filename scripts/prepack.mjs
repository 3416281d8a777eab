// Run by `npm pack` and `npm publish`: makes all that the package holds.
import { prepareNpm } from './package/npm.mjs';
import { prebuiltTargets } from './prebuilt.mjs';

prepareNpm(Object.keys(prebuiltTargets));
