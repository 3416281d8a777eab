/** What a file holds for the disassembler: a plan, a model (compiled here), a recorded stream, or the vendor's programs. */
import { compileTflite } from '../compile.js';
import { PtfeError } from '../error.js';
import type { Trust } from '../hardware/fact.js';
import { planFileMagic } from '../wire/plan_file_header.js';
import { planMagic } from '../wire/plan_records.js';
import { readPlan } from '../plan/read.js';
import { programOfPlan } from '../explain/plan_program.js';
import type { Program } from '../explain/program.js';
import { programOfRecording, readRecording } from '../lab/stream/recording.js';
import { readVendorPrograms } from '../lab/stream/vendor.js';
import { inFile, parseJson, readUnpacked } from './files.js';
import { plansOfFile } from './plan_file.js';

export type ProgramsKind = 'plan' | 'model' | 'stream' | 'vendor';

export interface Programs {
  readonly kind: ProgramsKind;
  readonly programs: readonly Program[];
}

const asciiAt = (bytes: Uint8Array, from: number, to: number): string =>
  new TextDecoder('latin1').decode(bytes.subarray(from, to));

const programsOf = (path: string, plans: readonly Uint8Array[]): readonly Program[] =>
  plans.map((plan, i) => programOfPlan(readPlan(plan), `${path} part ${i} of ${plans.length}`));

const plansOfModel = (bytes: Uint8Array, trust: Trust): readonly Uint8Array[] =>
  compileTflite(bytes, { trust }).parts.map(({ plan }) => plan);

const programsOfJson = (bytes: Uint8Array): Programs => {
  const json = parseJson(bytes);
  if (typeof json === 'object' && json !== null && 'submits' in json)
    return { kind: 'stream', programs: [programOfRecording(readRecording(json, null))] };
  if (typeof json === 'object' && json !== null && 'families' in json)
    return { kind: 'vendor', programs: readVendorPrograms(json) };
  throw new PtfeError(
    'bad-stream',
    'contents',
    'JSON, but neither a recorded stream nor a collection of vendor programs',
  );
};

/**
 * @param trust for a model, which is compiled
 * @throws PtfeError
 */
export const readPrograms = (path: string, trust: Trust): Programs => {
  const bytes = readUnpacked(path);
  return inFile(path, () => {
    if (asciiAt(bytes, 0, 8) === planMagic) return { kind: 'plan', programs: [programOfPlan(readPlan(bytes), path)] };
    if (asciiAt(bytes, 0, 8) === planFileMagic) return { kind: 'plan', programs: programsOf(path, plansOfFile(bytes)) };
    if (asciiAt(bytes, 4, 8) === 'TFL3')
      return { kind: 'model', programs: programsOf(path, plansOfModel(bytes, trust)) };
    if (asciiAt(bytes, 0, 16).trimStart().startsWith('{')) return programsOfJson(bytes);
    throw new PtfeError(
      'bad-stream',
      'contents',
      'neither a plan (PTFEPLAN), a .tflite model, nor a recorded stream (JSON, also gzipped)',
    );
  });
};
