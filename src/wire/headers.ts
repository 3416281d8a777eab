/** The headers that `npm run generate` makes of the formats. */
import { codesLines, header, macroLines, recordLines } from './c_text.js';
import { operatorHeaders } from './operator_headers.js';
import { planBounds, planCodes, planMagic, planRecords, planVersion } from './plan_records.js';

const includes = ['#include <stddef.h>', '#include <stdint.h>', ''];

const planHeaderText = header('plan_records.h', 'src/wire/plan_records.ts', [
  ...includes,
  `#define PLAN_MAGIC "${planMagic}"`,
  ...macroLines('PLAN', { version: planVersion, ...planBounds }),
  ...planCodes.flatMap(codesLines),
  ...planRecords.flatMap(recordLines),
]);

export const wireHeaders: readonly (readonly [file: string, text: string])[] = [
  ...operatorHeaders,
  ['plan_records.h', planHeaderText],
];
