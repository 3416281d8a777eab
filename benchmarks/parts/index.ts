/** All parts, in the order of the page. */
import type { Part } from '../part.js';
import { emulated } from './emulated.js';
import { guest } from './guest.js';
import { instructions } from './instructions.js';
import { programs } from './programs.js';
import { publishedPart } from './published.js';
import { software, softwareOps } from './software.js';

export const parts: readonly Part[] = [guest, emulated, instructions, programs, publishedPart, software, softwareOps];
