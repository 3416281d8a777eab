/** A graph while it is rewritten. Each node that stands for others takes the place of the last of them. */
import { coveredBy, type Graph, type Node, type Tensor, absent } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';
import { flatResultOf } from '../ops/flat_result.js';
import type { GraphIndex, Misfit, NewConstant, Npu, Replacement } from './rewrite.js';

export class WorkingGraph implements GraphIndex {
  readonly #given: Graph;
  readonly #wanted: ReadonlySet<number>;
  readonly #tensors: Map<number, Tensor>;
  /** What stands where a node of the given graph stood. */
  readonly #slots: (readonly Node[])[];
  readonly #slotOf = new Map<number, number>();
  readonly #nodes = new Map<number, Node>();
  readonly #producers = new Map<number, Node>();
  readonly #consumers = new Map<number, Set<Node>>();
  /** For each new node, those that it stands for. */
  readonly originals: Map<Node, readonly Node[]>;
  /** Why nodes that could be one are not: for each of TFLite's. */
  readonly refusals = new Map<number, Refusal>();
  #fresh: number;

  /**
   * @param wanted tensors that something outside the graph reads, as far as they are known
   * @param originals of nodes that stand for others already
   */
  constructor(given: Graph, wanted: readonly number[], originals: ReadonlyMap<Node, readonly Node[]>) {
    this.#given = given;
    this.#wanted = new Set(wanted);
    this.#tensors = new Map(given.tensors);
    this.#slots = given.nodes.map((node) => [node]);
    this.originals = new Map(originals);
    this.#fresh = [...given.tensors.keys()].reduce((most, tensor) => Math.max(most, tensor + 1), 0);
    for (const [slot, node] of given.nodes.entries()) this.#enter(node, slot);
  }

  get graph(): Graph {
    return { ...this.#given, tensors: this.#tensors, nodes: this.#slots.flat() };
  }

  node(index: number): Node | null {
    return this.#nodes.get(index) ?? null;
  }

  tensor(tensor: number | undefined): Tensor | null {
    return tensor === undefined ? null : (this.#tensors.get(tensor) ?? null);
  }

  producerOf(tensor: number | undefined): Node | null {
    return tensor === undefined ? null : (this.#producers.get(tensor) ?? null);
  }

  consumersOf(tensor: number | undefined): readonly Node[] {
    const readers = tensor === undefined ? undefined : this.#consumers.get(tensor);
    return [...(readers ?? [])].sort((a, b) => this.#placeOf(a) - this.#placeOf(b));
  }

  #placeOf({ index }: Node): number {
    const slot = this.#slotOf.get(index);
    if (slot === undefined) throw new Error(`node ${index} is not in the graph`);
    return slot;
  }

  #enter(node: Node, slot: number): void {
    this.#slotOf.set(node.index, slot);
    this.#nodes.set(node.index, node);
    for (const tensor of node.outputs) this.#producers.set(tensor, node);
    for (const tensor of node.inputs) {
      if (tensor === -1) continue;
      const readers = this.#consumers.get(tensor);
      if (readers === undefined) this.#consumers.set(tensor, new Set([node]));
      else readers.add(node);
    }
  }

  #leave(node: Node): void {
    const slot = this.#placeOf(node);
    this.#slots[slot] = (this.#slots[slot] ?? []).filter((other) => other !== node);
    this.#slotOf.delete(node.index);
    this.#nodes.delete(node.index);
    for (const tensor of node.outputs) this.#producers.delete(tensor);
    for (const tensor of node.inputs) this.#consumers.get(tensor)?.delete(node);
  }

  /** Of the nodes that a replacement does without, those that nothing else needs: the last one, and what only leads to it. */
  #going(last: Node, { inputs, nodes, sameBytes }: Replacement): ReadonlySet<Node> {
    const going = new Set([last]);
    const backwards = nodes.filter((node) => node !== last).sort((a, b) => this.#placeOf(b) - this.#placeOf(a));
    for (const node of backwards) {
      const isFree = (tensor: number): boolean =>
        this.consumersOf(tensor).every((reader) => going.has(reader)) &&
        !inputs.includes(tensor) &&
        (!this.#wanted.has(tensor) || sameBytes?.has(tensor) === true);
      if (node.outputs.every(isFree)) going.add(node);
    }
    return going;
  }

  #constant(constant: NewConstant): number {
    const index = this.#fresh++;
    this.#tensors.set(index, { ...constant, index });
    return index;
  }

  explain({ nodes, refusal }: Misfit): void {
    for (const index of nodes.flatMap(coveredBy)) if (!this.refusals.has(index)) this.refusals.set(index, refusal);
  }

  /**
   * Puts one node in place of others, if the NPU takes it.
   * @param last the node that was matched
   * @returns why the NPU does not take it, or null
   */
  replace(last: Node, replacement: Replacement, npu: Npu): Refusal | null {
    const { op, params, nodes, whole = false, sameBytes } = replacement;
    const going = this.#going(last, replacement);
    if (whole && going.size < nodes.length) return null;
    const results = [...going].filter(
      (node) => node !== last && node.outputs.some((tensor) => this.#wanted.has(tensor)),
    );
    const covered = nodes.filter((node) => going.has(node) && !results.includes(node));
    const covers = covered.flatMap(coveredBy);
    const inputs = replacement.inputs.map((input) => (typeof input === 'number' ? input : this.#constant(input)));
    const index = covers[0] ?? last.index;
    const node: Node = { index, op, version: 1, inputs, outputs: last.outputs, params, covers };
    const refusal = npu.refusalOf(this.graph, node);
    if (refusal !== null) {
      for (const tensor of inputs) if (!replacement.inputs.includes(tensor)) this.#tensors.delete(tensor);
      return refusal;
    }
    const slot = this.#placeOf(last);
    const left = results.flatMap((result): readonly Node[] =>
      result.outputs.map((output) => flatResultOf(result, sameBytes?.get(output) ?? absent, output)),
    );
    for (const gone of going) this.#leave(gone);
    this.#slots[slot] = [node, ...left];
    for (const one of [node, ...left]) this.#enter(one, slot);
    this.originals.set(node, covered);
    return null;
  }
}
