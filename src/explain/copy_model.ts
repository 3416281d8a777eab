/**
 * A .tflite file written anew from another one: some of its nodes, and new ones, with what they read. With the flatbuffers runtime;
 * field numbers are TFLite's.
 */
import { absent } from '../graph/graph.js';
import { Builder } from 'flatbuffers';
import { PtfeError } from '../error.js';
import { constantOf, isSparse } from '../tflite/constants.js';
import { modelTable, type Table } from '../tflite/flatbuffer.js';

/** Tags of the options that hold more than numbers, and can be left out: TFLite takes a constant input in their place. */
const shapeOptions: ReadonlySet<number> = new Set([17, 30]);
/** The last tag of options that hold numbers alone; behind it StableHLO's begin, with vectors. */
const lastNumbers = 126;
/** Options with other tables or vectors below that: LSH, embeddings, sequences of rows, IF, WHILE, CALL_ONCE. */
const refusedOptions: ReadonlySet<number> = new Set([3, 4, 92, 93, 103]);

const offsets = (builder: Builder, values: readonly number[]): number => {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addOffset(value);
  return builder.endVector();
};

const ints = (builder: Builder, values: readonly number[]): number => {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
};

const bytesVector = (builder: Builder, bytes: Uint8Array, alignment: number): number => {
  builder.prep(alignment, bytes.byteLength);
  return builder.createByteVector(bytes);
};

const copyQuantization = (builder: Builder, from: Table | null): number => {
  if (from === null) return 0;
  const [scales, zeroPoints] = [from.f32s(2), from.i64s(3)];
  builder.startVector(4, scales.length, 4);
  for (const scale of scales.toReversed()) builder.addFloat32(scale);
  const scaleVector = builder.endVector();
  builder.startVector(8, zeroPoints.length, 8);
  for (const point of zeroPoints.toReversed()) builder.addInt64(BigInt(point));
  const pointVector = builder.endVector();
  builder.startObject(7);
  builder.addFieldOffset(2, scaleVector, 0);
  builder.addFieldOffset(3, pointVector, 0);
  builder.addFieldInt32(6, from.i32(6), 0);
  return builder.endObject();
};

const copyTensor = (builder: Builder, from: Table, buffer: number): number => {
  const shape = ints(builder, from.i32s(0));
  const signature = from.i32s(7);
  const signatureVector = signature.length === 0 ? 0 : ints(builder, signature);
  const name = builder.createString(from.text(3));
  const quantization = copyQuantization(builder, from.table(4));
  builder.startObject(9);
  builder.addFieldOffset(0, shape, 0);
  builder.addFieldInt8(1, from.i8(1), 0);
  builder.addFieldInt32(2, buffer, 0);
  builder.addFieldOffset(3, name, 0);
  builder.addFieldOffset(4, quantization, 0);
  builder.addFieldInt8(5, from.i8(5), 0);
  builder.addFieldOffset(7, signatureVector, 0);
  builder.addFieldInt8(8, from.i8(8), 0);
  return builder.endObject();
};

const copyOptions = (builder: Builder, tag: number, from: Table | null, where: string): number => {
  if (from === null || shapeOptions.has(tag)) return 0;
  if (tag > lastNumbers || refusedOptions.has(tag))
    throw new PtfeError('bad-model', where, `options number ${tag} cannot be copied`, 'cut other nodes');
  const fields = from.numbers();
  builder.startObject(Math.max(0, ...fields.map(({ id }) => id + 1)));
  for (const { id, bytes } of fields) {
    builder.prep(bytes.byteLength, 0);
    for (const byte of bytes.toReversed()) builder.writeInt8(byte);
    builder.slot(id);
  }
  return builder.endObject();
};

const copyOperator = (
  builder: Builder,
  from: Table,
  code: number,
  tensorOf: (tensor: number) => number,
  where: string,
): number => {
  const tag = from.u8(3);
  const options = copyOptions(builder, tag, from.table(4), where);
  const inputs = ints(builder, from.i32s(1).map(tensorOf));
  const outputs = ints(builder, from.i32s(2).map(tensorOf));
  const custom = from.bytes(5);
  const customVector = custom.byteLength === 0 ? 0 : bytesVector(builder, custom, 1);
  builder.startObject(9);
  builder.addFieldInt32(0, code, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldInt8(3, options === 0 ? 0 : tag, 0);
  builder.addFieldOffset(4, options, 0);
  builder.addFieldOffset(5, customVector, 0);
  return builder.endObject();
};

const copyCode = (builder: Builder, from: Table): number => {
  const custom = from.text(1);
  const name = custom === '' ? 0 : builder.createString(custom);
  builder.startObject(4);
  builder.addFieldInt8(0, from.i8(0), 0);
  builder.addFieldOffset(1, name, 0);
  builder.addFieldInt32(2, from.i32(2, 1), 1);
  builder.addFieldInt32(3, from.i32(3), 0);
  return builder.endObject();
};

const bufferTable = (builder: Builder, data: Uint8Array): number => {
  const vector = bytesVector(builder, data, 16);
  builder.startObject(1);
  builder.addFieldOffset(0, vector, 0);
  return builder.endObject();
};

/** A node that the model did not have. */
export interface CustomNode {
  readonly name: string;
  readonly options: Uint8Array;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface Written {
  /** In the order in which they run: numbers of nodes that are copied, and new nodes. Tensors are those of the file. */
  readonly nodes: readonly (number | CustomNode)[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly description: string;
}

const customCode = 32;

const newCode = (builder: Builder, name: string): number => {
  const text = builder.createString(name);
  builder.startObject(4);
  builder.addFieldInt8(0, customCode, 0);
  builder.addFieldOffset(1, text, 0);
  builder.addFieldInt32(2, 1, 1);
  builder.addFieldInt32(3, customCode, 0);
  return builder.endObject();
};

const newOperator = (
  builder: Builder,
  { options, inputs, outputs }: CustomNode,
  code: number,
  tensorOf: (tensor: number) => number,
): number => {
  const [inputVector, outputVector] = [ints(builder, inputs.map(tensorOf)), ints(builder, outputs.map(tensorOf))];
  const custom = bytesVector(builder, options, 8);
  builder.startObject(9);
  builder.addFieldInt32(0, code, 0);
  builder.addFieldOffset(1, inputVector, 0);
  builder.addFieldOffset(2, outputVector, 0);
  builder.addFieldOffset(5, custom, 0);
  return builder.endObject();
};

/** @throws PtfeError `bad-model` where the file is damaged, or holds what cannot be copied */
export const writeModel = (bytes: Uint8Array, { nodes, inputs, outputs, description }: Written): Uint8Array => {
  const model = modelTable(bytes);
  const [subgraph] = model.tables(2);
  if (subgraph === undefined) throw new PtfeError('bad-model', 'tflite file', 'it has no subgraph');
  const builder = new Builder(4096);
  const [tensorTables, bufferTables, operatorTables] = [subgraph.tables(0), model.tables(4), subgraph.tables(3)];
  const operatorOf = (index: number): Table => {
    const from = operatorTables[index];
    if (from === undefined) throw new PtfeError('bad-model', `node ${index}`, 'it has no operator');
    return from;
  };
  const tensorsOf = (node: number | CustomNode): readonly number[] =>
    typeof node === 'number'
      ? [...operatorOf(node).i32s(1), ...operatorOf(node).i32s(2)]
      : [...node.inputs, ...node.outputs];
  const used = [...new Set([...nodes.flatMap(tensorsOf), ...inputs, ...outputs])]
    .filter((t) => t !== -1)
    .sort((a, b) => a - b);
  const place = new Map(used.map((tensor, i) => [tensor, i]));
  const tensorOf = (tensor: number): number => place.get(tensor) ?? absent;
  builder.startObject(1);
  const buffers = [builder.endObject()];
  const tensors = used.map((tensor) => {
    const from = tensorTables[tensor];
    if (from === undefined) throw new PtfeError('bad-model', `tensor ${tensor}`, 'it does not exist');
    if (isSparse(from))
      throw new PtfeError('bad-model', `tensor ${tensor}`, 'sparse constants cannot be copied', 'cut other nodes');
    const data = constantOf(bytes, bufferTables, from, tensor);
    const buffer = data === null ? 0 : buffers.push(bufferTable(builder, data)) - 1;
    return copyTensor(builder, from, buffer);
  });
  const codeTables = model.tables(1);
  const codes: number[] = [];
  const known = new Map<number | string, number>();
  const codeOf = (key: number | string, make: () => number): number => {
    const number = known.get(key) ?? codes.push(make()) - 1;
    known.set(key, number);
    return number;
  };
  const operators = nodes.map((node) => {
    if (typeof node !== 'number')
      return newOperator(
        builder,
        node,
        codeOf(node.name, () => newCode(builder, node.name)),
        tensorOf,
      );
    const from = operatorOf(node);
    const code = codeTables[from.i32(0)];
    if (code === undefined) throw new PtfeError('bad-model', `node ${node}`, 'it has no operator');
    const number = codeOf(from.i32(0), () => copyCode(builder, code));
    return copyOperator(builder, from, number, tensorOf, `node ${node}`);
  });
  const vectors = [
    offsets(builder, tensors),
    ints(builder, inputs.map(tensorOf)),
    ints(builder, outputs.map(tensorOf)),
    offsets(builder, operators),
  ];
  builder.startObject(5);
  for (const [id, vector] of vectors.entries()) builder.addFieldOffset(id, vector, 0);
  const subgraphs = offsets(builder, [builder.endObject()]);
  const codeVector = offsets(builder, codes);
  const bufferVector = offsets(builder, buffers);
  const text = builder.createString(description);
  builder.startObject(5);
  builder.addFieldInt32(0, 3, 0);
  builder.addFieldOffset(1, codeVector, 0);
  builder.addFieldOffset(2, subgraphs, 0);
  builder.addFieldOffset(3, text, 0);
  builder.addFieldOffset(4, bufferVector, 0);
  builder.finish(builder.endObject(), 'TFL3');
  return builder.asUint8Array().slice();
};
