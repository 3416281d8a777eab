/**
 * What is made of a graph, in three runs of bytes that `delegate/compile/answer.c` reads: a verdict on each node, the partitions, and
 * a plan or a refusal for each partition. The engine sends them, caches and plan files keep them.
 */
import type { Part } from '../graph/graph.js';
import { PtfeError } from '../error.js';
import { Cursor } from '../wire/cursor.js';
import { partBorder, planResult, plansHeader, planUnit, refusal, verdict } from '../wire/engine_protocol.js';
import { many, type Part as WirePart } from '../wire/sequence.js';
import { Writer } from '../wire/writer.js';
import type { Refusal } from '../ops/shared/rule.js';
import type { RefusedPart } from '../partition/part_rules.js';
import type { PartResult } from '../partition/rounds.js';

const textOf = ({ rule, text }: Refusal): string => `${rule}: ${text}`;

const runOf = <T>(part: WirePart<T>, value: T): Uint8Array => {
  const to = new Writer();
  part.put(to, value);
  return to.bytes();
};

export const verdictsRun = (nodes: readonly number[], refused: ReadonlyMap<number, Refusal>): Uint8Array =>
  runOf(
    many(verdict),
    nodes.map((node) => {
      const why = refused.get(node);
      return { node, supported: why === undefined ? 1 : 0, text: why === undefined ? '' : textOf(why) };
    }),
  );

/** @throws PtfeError `bad-message` */
export const readVerdictsRun = (
  run: Uint8Array,
): readonly { readonly node: number; readonly supported: number; readonly text: string }[] =>
  many(verdict).take(new Cursor(run));

export const partsRun = (parts: readonly Part[]): Uint8Array => runOf(many(partBorder), parts);

/** @throws PtfeError `bad-message` */
export const readPartsRun = (run: Uint8Array): readonly Part[] => many(partBorder).take(new Cursor(run));

/** Which nodes of a partition must stay on the CPU, each with its reason. */
const refusalsRun = ({ refusals }: RefusedPart): Uint8Array =>
  runOf(
    many(refusal),
    refusals.map((one) => ({ node: one.node, text: textOf(one) })),
  );

const plansWritten = (results: readonly PartResult[]): Writer => {
  const to = new Writer();
  to.field(plansHeader, { count: results.length });
  for (const result of results) {
    const bytes = result instanceof Uint8Array ? result : refusalsRun(result);
    to.field(planResult, { refused: result instanceof Uint8Array ? 0 : 1, length: bytes.byteLength });
    to.raw(bytes, planUnit);
  }
  return to;
};

/** For each partition a plan, or the nodes that it cannot have. */
export const plansRun = (results: readonly PartResult[]): Uint8Array => plansWritten(results).bytes();

/** The same, in pieces: plans are not copied. */
export const plansPieces = (results: readonly PartResult[]): readonly Uint8Array[] => plansWritten(results).pieces();

/** The plans, each in bytes of its own. @throws PtfeError `bad-message` */
export const readPlansRun = (run: Uint8Array): readonly Uint8Array[] => {
  const cursor = new Cursor(run);
  return cursor.list(cursor.field(plansHeader).count, () => {
    const { refused, length } = cursor.field(planResult);
    if (refused !== 0) throw new PtfeError('bad-message', 'plans', 'a part was refused, where each has a plan');
    const plan = Uint8Array.from(cursor.take(length));
    cursor.take((planUnit - (length % planUnit)) % planUnit);
    return plan;
  });
};
