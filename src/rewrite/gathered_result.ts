/**
 * CONCATENATION whose result only TFLite reads, perhaps behind RESHAPEs and functions of one value: heads of detectors. Nothing is
 * moved on the NPU: each of its maps gets its own task for all that happens to its values, and the host writes it where it
 * belongs. Behind a RESHAPE to other channels that is a task for every few channels of every map less.
 */
import { optionOf } from '../graph/options.js';
import { elementCount, type Node, absent } from '../graph/graph.js';
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf, planeOf } from '../graph/tensor.js';
import type { Hardware } from '../hardware/machine.js';
import { gatheredAlong } from '../ops/gathered_result.js';
import { definitionOf, tableOps } from '../ops/index.js';
import { tableNumbersOf } from '../ops/table.js';
import { type CodeMap, isDefined } from '../tflite/activation_tables.js';
import { concatenatedCode } from '../tflite/concatenated.js';
import { tableOf } from './lookup.js';
import { reshapedMap } from './reshapes.js';
import type { GraphIndex, NewConstant, Rewrite } from './rewrite.js';

interface Behind {
  readonly concatenation: Node;
  readonly map: CodeMap;
  readonly nodes: readonly Node[];
  readonly changes: boolean;
}

const same: CodeMap = (code) => code;

/** From the last node back to the CONCATENATION; null where something else stands between. */
const behindConcatenation = (index: GraphIndex, hardware: Hardware, last: Node): Behind | null => {
  const nodes: Node[] = [];
  let [map, changes] = [same, false];
  for (let node: Node | null = last; node !== null; node = index.producerOf(node.inputs[0])) {
    nodes.push(node);
    if (node.op === 'CONCATENATION') return { concatenation: node, map, nodes, changes };
    if (reshapedMap(index, node) !== null) continue;
    const table = tableOps.get(node.op);
    const context = { ...hardware, graph: index.graph, node };
    const numbers = table === undefined ? null : tableNumbersOf(context);
    if (table === undefined || numbers === null || definitionOf(node)?.match(context).match == null) return null;
    const [own, after] = [table.mapOf(numbers, context), map];
    map = (code) => after(own(code));
    changes = true;
  }
  return null;
};

interface Source {
  readonly map: ByteTensor;
  readonly reshapes: readonly Node[];
}

/** What a tensor's bytes are before RESHAPEs; with `channels` only as long as these stay the last dimension. */
const sourceOf = (index: GraphIndex, tensor: ByteTensor, channels: number | null): Source => {
  const reshapes: Node[] = [];
  let map = tensor;
  for (;;) {
    const node = index.producerOf(map.index);
    const before = reshapedMap(index, node);
    const isMap = before !== null && isByteTensor(before) && before.shape.slice(0, -3).every((dim) => dim === 1);
    if (node === null || !isMap || (channels !== null && before.shape.at(-1) !== channels)) return { map, reshapes };
    reshapes.push(node);
    map = before;
  }
};

/** Where maps stand contiguous in memory, or pixel by pixel; null along other axes. */
const alongOf = (shape: readonly number[], stored: number): keyof typeof gatheredAlong | null => {
  const axis = stored < 0 ? stored + shape.length : stored;
  if (shape.slice(0, axis).every((dim) => dim === 1)) return 'maps';
  return axis === shape.length - 1 ? 'channels' : null;
};

const atomOf = ({ chip }: Hardware): number => chip.atoms.channels;

/** Whether the NPU would have to copy values to other channels. */
const moves = (hardware: Hardware, along: keyof typeof gatheredAlong, tensor: ByteTensor, { map }: Source): boolean =>
  along === 'channels' ? planeOf(tensor)[2] % atomOf(hardware) !== 0 : planeOf(tensor)[2] !== planeOf(map)[2];

export const gatheredResult: Rewrite = {
  text: 'CONCATENATION at the end of the graph, with the RESHAPEs before and functions of one value behind it: written by the host where each map belongs',
  ops: ['CONCATENATION', 'RESHAPE', ...tableOps.keys()],
  match: (index, last, hardware) => {
    if (index.consumersOf(last.outputs[0]).length > 0) return null;
    const behind = behindConcatenation(index, hardware, last);
    const [output, joined] = [index.tensor(last.outputs[0]), index.tensor(behind?.concatenation.outputs[0])];
    if (behind === null || !isByteTensor(output) || !isByteTensor(joined)) return null;
    const { concatenation } = behind;
    const along = alongOf(joined.shape, optionOf(concatenation, 'axis'));
    const to = perTensorOf(joined);
    if (along === null || to === null || concatenation.params['activation'] !== 0) return null;
    const inputs: (number | NewConstant)[] = [];
    const nodes = [...behind.nodes];
    let isWorth = false;
    for (const one of concatenation.inputs) {
      const tensor = index.tensor(one);
      const from = tensor === null ? null : perTensorOf(tensor);
      if (!isByteTensor(tensor) || tensor.constant || from === null || tensor.type !== output.type) return null;
      const source = sourceOf(index, tensor, along === 'channels' ? planeOf(tensor)[2] : null);
      isWorth ||= moves(hardware, along, tensor, source);
      const table = tableFrom(behind, from, to, output);
      if (table === undefined) return null;
      inputs.push(source.map.index, table ?? absent);
      nodes.push(...source.reshapes.filter((node) => !nodes.includes(node)));
    }
    if (!isWorth || elementCount(output.shape) !== elementCount(joined.shape)) return null;
    if (along === 'channels' && output.shape.at(-1) !== joined.shape.at(-1)) return null;
    return { op: 'GATHERED_RESULT', inputs, params: { along: gatheredAlong[along] }, nodes };
  },
};

/** All that happens to a map's codes; null: only what their scale asks for; undefined where TFLite defines no code. */
const tableFrom = (
  { map, changes }: Behind,
  from: PerTensor,
  to: PerTensor,
  output: ByteTensor,
): NewConstant | null | undefined => {
  const isSame = from.scale === to.scale && from.zeroPoint === to.zeroPoint;
  if (!isSame && output.type === 'int8') return undefined;
  if (!changes) return null;
  const joined = concatenatedCode(from, to);
  const whole: CodeMap = (code) => map(joined(code));
  if (!isDefined(whole, output.type)) return undefined;
  return tableOf(whole, output.type, output.type);
};
