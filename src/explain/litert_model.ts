/**
 * A model for LiteRT's CompiledModel: each part that the NPU takes is one DISPATCH_OP, the other nodes stay as they are. The code of
 * such an op, a plan file, stands behind the tables; LiteRT hands it to the dispatch library (delegate/litert/dispatch.c).
 */
import type { CompiledModel } from '../compile.js';
import { PtfeError } from '../error.js';
import { hasSideEffect } from '../partition/split.js';
import { readTflite, subgraphCount } from '../tflite/reader.js';
import { joined } from '../wire/joined.js';
import { type CustomNode, writeModel } from './copy_model.js';
import { flexMap } from './flex_map.js';

/** Where LiteRT maps the file, code may be read in words of this size and less. */
const alignment = 64;

interface Unit {
  readonly node: number | CustomNode;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Each behind what makes its inputs. */
const inOrder = (units: readonly Unit[], isMade: (tensor: number) => boolean): readonly Unit[] => {
  const made = new Set<number>();
  const ordered: Unit[] = [];
  for (let waiting = units; waiting.length > 0;) {
    const ready = waiting.filter(({ inputs }) => inputs.every((tensor) => isMade(tensor) || made.has(tensor)));
    if (ready.length === 0) throw new PtfeError('bad-model', 'tflite file', 'its nodes wait for each other');
    ordered.push(...ready);
    for (const { outputs } of ready) for (const tensor of outputs) made.add(tensor);
    waiting = waiting.filter((unit) => !ready.includes(unit));
  }
  return ordered;
};

/**
 * @param bytes of a .tflite file
 * @param plans the file of all its plans (`planFile`)
 * @throws PtfeError `bad-model` for a model with variables or further graphs, whose order a dispatch op would not keep
 */
export const litertModel = (
  bytes: Uint8Array,
  { parts }: Pick<CompiledModel, 'parts'>,
  plans: Uint8Array,
): Uint8Array => {
  const { graph, inputs, outputs } = readTflite(bytes);
  const unfit = subgraphCount(bytes) > 1 || graph.nodes.some((node) => hasSideEffect(graph, node));
  if (unfit)
    throw new PtfeError(
      'bad-model',
      'tflite file',
      'it has variables or several graphs',
      'the delegate runs such models',
    );
  const taken = new Set(parts.flatMap(({ nodes }) => nodes));
  const producers = new Set(graph.nodes.flatMap((node) => node.outputs));
  const written = (offset: number): Uint8Array => {
    const units: readonly Unit[] = [
      ...graph.nodes
        .filter(({ index }) => !taken.has(index))
        .map(({ index, inputs: read, outputs: made }) => ({ node: index, inputs: read, outputs: made })),
      ...parts.map((part, i) => {
        const options = flexMap([
          ['bytecode_offset', offset],
          ['bytecode_size', plans.byteLength],
          ['name', String(i)],
        ]);
        const node = { name: 'DISPATCH_OP', options, inputs: part.inputs, outputs: part.outputs };
        return { node, inputs: part.inputs, outputs: part.outputs };
      }),
    ];
    const nodes = inOrder(units, (tensor) => !producers.has(tensor)).map(({ node }) => node);
    return writeModel(bytes, { nodes, inputs, outputs, description: 'compiled by ptfe for LiteRT' });
  };
  // Numbers are as wide whatever their value: the tables do not move.
  const offset = Math.ceil(written(0).byteLength / alignment) * alignment;
  return joined([written(offset), plans], alignment);
};
