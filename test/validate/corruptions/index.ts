/** For each rule: what breaks it. */
import { allocateCorruptions } from './arena.js';
import type { Corruption } from './corruption.js';
import { operationCorruptions } from './operations.js';
import { placeCorruptions } from './placement.js';
import { scheduleCorruptions } from './schedule.js';
import { emitCorruptions, planCorruptions } from './tasks.js';
import { tileCorruptions } from './tiles.js';

export const corruptions: readonly Corruption[] = [
  ...operationCorruptions,
  ...placeCorruptions,
  ...tileCorruptions,
  ...scheduleCorruptions,
  ...allocateCorruptions,
  ...emitCorruptions,
  ...planCorruptions,
];
