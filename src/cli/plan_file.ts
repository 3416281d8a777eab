/**
 * A plan file: what is made of a graph, with a hash that tells the graph. An entry of the delegate's cache has the same
 * format. Header, 136 bytes: "PTFEPLNS", u32 format, u32 0, the key (32 bytes), the engine's hash (32), the lengths of the
 * three runs (u64 each), SHA-256 of all that and of the first two runs (plans carry checksums of their own). Then the runs,
 * each with zeros to a multiple of 8 (`delegate/compile/plan_file.h`).
 */
import { createHash } from 'node:crypto';
import type { CompiledModel } from '../compile.js';
import { PtfeError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { joined } from '../wire/joined.js';
import { messageOf } from '../wire/write_message.js';
import { partsRun, plansRun, readPlansRun, verdictsRun } from '../plan/answer.js';

export const planFileMagic = 'PTFEPLNS';
const format = 1;
const headerBytes = 136;
const digestAt = 104;

/** Runs are padded to a multiple of these bytes, of which the header has a whole number. */
const runUnit = 8;
const padded = (length: number): number => Math.ceil(length / runUnit) * runUnit;

const sha256 = (...chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest();

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
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode(planFileMagic));
  view.setUint32(8, format, true);
  const taken = graph.nodes.filter(({ index }) => !refused.has(index));
  header.set(sha256(messageOf(graph, taken)), 16);
  runs.forEach((run, i) => view.setBigUint64(80 + 8 * i, BigInt(run.byteLength), true));
  header.set(sha256(header.subarray(0, digestAt), runs[0], runs[1]), digestAt);
  return joined([header, ...runs], runUnit);
};

/** The plans in a plan file. @throws PtfeError `bad-plan` */
export const plansOfFile = (file: Uint8Array): readonly Uint8Array[] => {
  const damaged = (text: string): PtfeError => new PtfeError('bad-plan', 'plan file', text, 'compile the model again');
  if (file.byteLength < headerBytes) throw damaged(`it ends at byte ${file.byteLength}, inside its header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(8, true) !== format)
    throw damaged(`format ${view.getUint32(8, true)}, and this ptfe reads ${format}`);
  const lengths = [0, 1, 2].map((i) => Number(view.getBigUint64(80 + 8 * i, true)));
  const places = lengths.map(
    (_, i) => headerBytes + lengths.slice(0, i).reduce((sum, length) => sum + padded(length), 0),
  );
  const [verdicts, parts, plans] = lengths.map((length, i) => file.subarray(places[i] ?? 0, (places[i] ?? 0) + length));
  const end = (places[2] ?? 0) + padded(lengths[2] ?? 0);
  if (verdicts === undefined || parts === undefined || plans === undefined || end !== file.byteLength)
    throw damaged(`${file.byteLength} bytes where its header says ${end}`);
  const digest = sha256(file.subarray(0, digestAt), verdicts, parts);
  if (digest.some((byte, i) => byte !== file[digestAt + i])) throw damaged('its checksum is wrong');
  return readPlansRun(plans);
};
