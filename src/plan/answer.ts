/**
 * What is made of a graph, in three runs of bytes that `delegate/compile/answer.c` reads: a verdict on each node, the parts, and
 * a plan or a refusal for each part. The engine sends them, caches and plan files keep them.
 */
import type { Part } from '../graph/graph.js';
import { joined } from '../wire/joined.js';
import { Cursor } from '../wire/message.js';
import type { Refusal } from '../ops/shared/rule.js';
import type { RefusedPart } from '../partition/part_rules.js';
import type { PartResult } from '../partition/rounds.js';

const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

const textOf = ({ rule, text }: Refusal): Uint8Array => new TextEncoder().encode(`${rule}: ${text}`);

export const verdictsRun = (nodes: readonly number[], refused: ReadonlyMap<number, Refusal>): Uint8Array => {
  const verdicts = nodes.flatMap((node) => {
    const refusal = refused.get(node);
    const text = refusal === undefined ? new Uint8Array() : textOf(refusal);
    return [words(node, refusal === undefined ? 1 : 0, text.byteLength), text];
  });
  return joined([words(nodes.length), ...verdicts], 4);
};

export const partsRun = (parts: readonly Part[]): Uint8Array =>
  joined(
    [
      words(parts.length),
      ...parts.flatMap(({ nodes, inputs, outputs }) =>
        [nodes, inputs, outputs].map((list) => words(list.length, ...list)),
      ),
    ],
    4,
  );

/** @throws PtfeError `bad-message` */
export const readPartsRun = (run: Uint8Array): readonly Part[] => {
  const cursor = new Cursor(run);
  const ids = (): number[] => cursor.list(cursor.u32(), () => cursor.u32());
  return cursor.list(cursor.u32(), () => ({ nodes: ids(), inputs: ids(), outputs: ids() }));
};

/** Which nodes of a part must stay on the CPU, each with its reason. */
const refusalsRun = ({ refusals }: RefusedPart): Uint8Array =>
  joined(
    [
      words(refusals.length),
      ...refusals.flatMap((refusal) => {
        const text = textOf(refusal);
        return [words(refusal.node, text.byteLength), text];
      }),
    ],
    4,
  );

/** For each part a plan, or the nodes that it cannot have. */
export const plansRun = (results: readonly PartResult[]): Uint8Array =>
  joined(
    [
      words(results.length, 0),
      ...results.flatMap((result) => {
        const bytes = result instanceof Uint8Array ? result : refusalsRun(result);
        return [words(result instanceof Uint8Array ? 0 : 1, 0, bytes.byteLength, 0), bytes];
      }),
    ],
    8,
  );

/** The plans, each in bytes of its own. @throws PtfeError `bad-message` */
export const readPlansRun = (run: Uint8Array): readonly Uint8Array[] => {
  const cursor = new Cursor(run);
  const count = cursor.u32();
  cursor.u32();
  return cursor.list(count, () => {
    const [refused, , length, high] = [cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()];
    const plan = cursor.take(high === 0 && refused === 0 ? length : Infinity);
    cursor.take((8 - (length % 8)) % 8);
    return Uint8Array.from(plan);
  });
};
