/** Generated from the files of this folder by `npm run generate`; do not edit. */
import type { OpCase } from '../op_case.js';

export const opCases: readonly OpCase[] = [];
