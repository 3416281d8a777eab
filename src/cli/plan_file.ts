/**
 * A plan file: what is made of a graph, with a hash that tells the graph. An entry of the delegate's cache has the same format
 * (`wire/plan_file_header.ts`, `delegate/compile/plan_file.h`).
 */
import type { CompiledModel } from '../compile.js';
import { PtfeError } from '../error.js';
import type { Graph, Part } from '../graph/graph.js';
import { joined } from '../wire/joined.js';
import { planFileFormat, planFileHeader, planFileMagic, runUnit } from '../wire/plan_file_header.js';
import { readRecord, recordBytes } from '../wire/record.js';
import { sha256 } from '../wire/digest.js';
import { outlineOf } from '../wire/write_message.js';
import { partsRun, plansRun, readPartsRun, readPlansRun, readVerdictsRun, verdictsRun } from '../plan/answer.js';

const { size: headerBytes, offsets } = planFileHeader;
const padded = (length: number): number => Math.ceil(length / runUnit) * runUnit;

export const planFile = (graph: Graph, { parts, refusals }: CompiledModel): Uint8Array => {
  const refused = new Map(refusals.map((refusal) => [refusal.node, refusal]));
  const runs = [
    verdictsRun(
      graph.nodes.map(({ index }) => index),
      refused,
    ),
    partsRun(parts),
    plansRun(parts.map(({ plan }) => plan)),
  ] as const;
  const taken = graph.nodes.filter(({ index }) => !refused.has(index));
  const { outline, constants } = outlineOf(graph, taken);
  const unsigned = {
    magic: planFileMagic,
    format: planFileFormat,
    key: sha256(outline, sha256(...constants)),
    engine: new Uint8Array(),
    checkLength: runs[0].byteLength,
    requestLength: runs[1].byteLength,
    replyLength: runs[2].byteLength,
    digest: new Uint8Array(),
  };
  const signed = recordBytes(planFileHeader, unsigned).subarray(0, offsets.digest);
  const header = recordBytes(planFileHeader, { ...unsigned, digest: sha256(signed, runs[0], runs[1]) });
  return joined([header, ...runs], runUnit);
};

export interface PlanFile {
  /** Nodes that stay on the CPU, each with its reason. */
  readonly refused: readonly { readonly node: number; readonly text: string }[];
  readonly parts: readonly (Part & { readonly plan: Uint8Array })[];
}

/** The plans in a plan file. @throws PtfeError `bad-plan` */
export const plansOfFile = (file: Uint8Array): readonly Uint8Array[] =>
  readPlanFile(file).parts.map(({ plan }) => plan);

/** @throws PtfeError `bad-plan` */
export const readPlanFile = (file: Uint8Array): PlanFile => {
  const damaged = (text: string): PtfeError => new PtfeError('bad-plan', 'plan file', text, 'compile the model again');
  if (file.byteLength < headerBytes) throw damaged(`it ends at byte ${file.byteLength}, inside its header`);
  const header = readRecord(planFileHeader, file);
  if (header.format !== planFileFormat) throw damaged(`format ${header.format}, and this ptfe reads ${planFileFormat}`);
  const lengths = [header.checkLength, header.requestLength, header.replyLength];
  let end = headerBytes;
  const [verdicts, parts, plans] = lengths.map((length) => {
    const run = file.subarray(end, end + length);
    end += padded(length);
    return run;
  });
  if (verdicts === undefined || parts === undefined || plans === undefined || end !== file.byteLength)
    throw damaged(`${file.byteLength} bytes where its header says ${end}`);
  const digest = sha256(file.subarray(0, offsets.digest), verdicts, parts);
  if (digest.some((byte, i) => byte !== header.digest[i])) throw damaged('its checksum is wrong');
  const each = readPlansRun(plans);
  const borders = readPartsRun(parts);
  if (each.length !== borders.length) throw damaged(`${each.length} plans of ${borders.length} parts`);
  return {
    refused: readVerdictsRun(verdicts).flatMap(({ node, supported, text }) =>
      supported === 0 ? [{ node, text }] : [],
    ),
    parts: borders.flatMap((border, i) => (each[i] === undefined ? [] : [{ ...border, plan: each[i] }])),
  };
};
