/** delegate/generated/*.h as text (src/generate.ts writes them). */
import { chipsHeader } from './chips_header.js';
import { factsHeader } from './facts_header.js';
import { registersHeader } from './registers_header.js';

/** Files of delegate/generated/ and what they hold. */
export const headers = (): readonly (readonly [string, string])[] => [
  ['registers.h', registersHeader()],
  ['chips.h', chipsHeader()],
  ['facts.h', factsHeader()],
];
