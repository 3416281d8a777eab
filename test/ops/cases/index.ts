/** Generated from the files of this folder by `npm run generate`; do not edit. */
import type { OpCase } from '../op_case.js';
import { opCase as reduce_min } from './reduce_min.js';
import { opCase as reverse_v2 } from './reverse_v2.js';

export const opCases: readonly OpCase[] = [reduce_min, reverse_v2];
