/** Graph -> graph rewrites, each with its name. An operation list in, an operation list out. */
import type { Operation } from '../ops/operation.js';
import type { Part } from '../model/graph.js';
import { fuseAdd } from './fuse_add.js';
import { fusePad } from './fuse_pad.js';
import { dropUnused } from './unused.js';

export const fuse = (operations: readonly Operation[], part: Part): readonly Operation[] =>
  dropUnused(fuseAdd(fusePad(operations), part), part);
