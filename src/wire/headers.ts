/** The headers that `npm run generate` makes of the formats. */
import { codesLines, header, macroLines, recordLines, sequenceLines } from './c_text.js';
import {
  frameHeader,
  frameKinds,
  partBorder,
  planResult,
  plansHeader,
  refusal,
  replyMagic,
  requestMagic,
  verdict,
} from './engine_protocol.js';
import {
  messageHeader,
  messageMagic,
  messageNode,
  messageOption,
  messageTensor,
  messageVersion,
  tensorFlags,
} from './graph_message.js';
import { fixedPosition, floatPosition, permuteRank, permuteTable } from './host_tables.js';
import { memoMagic, memoRecord } from './memo_record.js';
import { operatorHeaders } from './operator_headers.js';
import { optionHeaders } from './option_headers.js';
import { planFileFormat, planFileHeader, planFileMagic } from './plan_file_header.js';
import { planBounds, planCodes, planMagic, planRecords, planVersion } from './plan_records.js';

const includes = ['#include <stddef.h>', '#include <stdint.h>', ''];
const withCursor = ['#include "../util/bytes.h"', '#include "../util/cursor.h"', ''];

const made = (file: string, source: string, lines: readonly string[]): readonly [file: string, text: string] => [
  file,
  header(file, `src/wire/${source}`, lines),
];

/** Files of delegate/generated/ and what they hold. */
export const wireHeaders: readonly (readonly [file: string, text: string])[] = [
  ...operatorHeaders,
  ...optionHeaders,
  made('plan_records.h', 'plan_records.ts', [
    ...includes,
    `#define PLAN_MAGIC "${planMagic}"`,
    ...macroLines('PLAN', { version: planVersion, ...planBounds }),
    ...planCodes.flatMap(codesLines),
    ...planRecords.flatMap(recordLines),
  ]),
  made('host_tables.h', 'host_tables.ts', [
    ...includes,
    ...macroLines('PERMUTE', { rank: permuteRank }),
    ...[permuteTable, fixedPosition, floatPosition].flatMap(recordLines),
  ]),
  made('plan_file_header.h', 'plan_file_header.ts', [
    ...includes,
    `#define PLAN_FILE_MAGIC "${planFileMagic}"`,
    ...macroLines('PLAN_FILE', { format: planFileFormat }),
    ...recordLines(planFileHeader),
  ]),
  made('memo_record.h', 'memo_record.ts', [
    ...includes,
    `#define MEMO_MAGIC "${memoMagic}"`,
    ...recordLines(memoRecord),
  ]),
  made('graph_message.h', 'graph_message.ts', [
    ...includes,
    ...withCursor,
    ...macroLines('MESSAGE', { magic: messageMagic, version: messageVersion }),
    ...codesLines(tensorFlags),
    ...recordLines(messageHeader),
    ...[messageOption, messageTensor, messageNode].flatMap(sequenceLines),
  ]),
  made('engine_protocol.h', 'engine_protocol.ts', [
    ...includes,
    ...withCursor,
    ...macroLines('ENGINE', { requestMagic, replyMagic }),
    ...codesLines(frameKinds),
    ...[frameHeader, plansHeader, planResult].flatMap(recordLines),
    ...[verdict, partBorder, refusal].flatMap(sequenceLines),
  ]),
];
