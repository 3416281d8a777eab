/** docs/formats.md: every byte format, from the tables that readers and writers are made of. */
import { snake } from './c_text.js';
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
import { fixedPosition, floatPosition, permuteTable } from './host_tables.js';
import { memoMagic, memoRecord } from './memo_record.js';
import { planFileFormat, planFileHeader, planFileMagic } from './plan_file_header.js';
import { planBounds, planCodes, planMagic, planRecords, planVersion } from './plan_records.js';
import type { AnyRecord, Codes } from './record.js';
import { type AnySequence, isField } from './sequence.js';

const recordText = ({ name, text, fields, offsets, size }: AnyRecord): readonly string[] => [
  `**${name}**, ${size} bytes. ${text}`,
  '',
  ...Object.entries(fields).map(
    ([key, field]) => `    ${String(offsets[key]).padStart(4)}  ${field.declare(snake(key))}`,
  ),
  '',
];

const sequenceText = ({ name, text, parts }: AnySequence): readonly string[] => [
  `**${name}**. ${text}`,
  '',
  ...Object.entries(parts).map(
    ([key, part]) => `          ${isField(part) ? part.declare(snake(key)) : `${part.c ?? ''} ${snake(key)}`}`,
  ),
  '',
];

const codesText = ({ name, text, of }: Codes<string>): readonly string[] => [
  `**${name}**. ${text} ${Object.entries(of)
    .map(([key, code]) => `${code} ${key}`)
    .join(', ')}.`,
  '',
];

/** Letters of a magic number, as they stand in the bytes. */
const letters = (magic: number): string =>
  [0, 8, 16, 24].map((shift) => String.fromCharCode((magic >>> shift) & 0xff)).join('');

export const formatsPage = (): string =>
  [
    '<!-- Generated from src/wire/ by `npm run generate`; do not edit. -->',
    '# Formats',
    '',
    'All numbers are little-endian. Records have fixed offsets, in bytes on the left; sequences are as long as they say:',
    '`u32_list`, `i32_list`, `f32_list` are a uint32_t count and as many values, `byte_run` is a uint32_t length, the bytes, and',
    'zeros to a multiple of 4.',
    '',
    `## Plan, version ${planVersion}`,
    '',
    `It begins with "${planMagic}". Behind the header are the nine sections, each a number of records (\`strings\`: bytes), 8-aligned;`,
    'then the bytes of BOs, 64-aligned. `src/plan/read.ts` and `delegate/plan/plan.c` check them.',
    '',
    ...planCodes.flatMap(codesText),
    `Bounds: ${Object.entries(planBounds)
      .map(([key, value]) => `${snake(key)} ${value}`)
      .join(', ')}.`,
    '',
    ...planRecords.flatMap(recordText),
    '## Host tables',
    '',
    'Among the constants of a plan, each where a plan_host says. A resize has a position for each row of the output, then for each',
    'column.',
    '',
    ...[permuteTable, fixedPosition, floatPosition].flatMap(recordText),
    `## Graph message, version ${messageVersion}`,
    '',
    `The header (magic "${letters(messageMagic)}"), then three lists, each behind a uint32_t count: options, tensors, nodes.`,
    '',
    ...codesText(tensorFlags),
    ...recordText(messageHeader),
    ...[messageOption, messageTensor, messageNode].flatMap(sequenceText),
    '## Engine protocol',
    '',
    `Frames on the engine's stdin (magic "${letters(requestMagic)}") and stdout ("${letters(replyMagic)}"). A check carries a graph message`,
    'and is answered with a count and as many verdicts. A compile carries a count and as many borders of parts; its answer is a',
    'plans_header, then a plan_result for each part with a plan, or a count and as many refusals.',
    '',
    ...codesText(frameKinds),
    ...recordText(frameHeader),
    ...[verdict, partBorder].flatMap(sequenceText),
    ...[plansHeader, planResult].flatMap(recordText),
    ...sequenceText(refusal),
    `## Plan file, format ${planFileFormat}`,
    '',
    `It begins with "${planFileMagic}", and is an entry of the cache as well.`,
    '',
    ...recordText(planFileHeader),
    '## Memo',
    '',
    `It begins with "${memoMagic}". The cache has one for each file whose digest is known.`,
    '',
    ...recordText(memoRecord),
  ]
    .join('\n')
    .trimEnd() + '\n';
