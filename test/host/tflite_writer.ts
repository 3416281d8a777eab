import { Builder } from 'flatbuffers';
import {
  activation,
  operatorCode,
  type OperatorName,
  type OptionField,
  type OptionKind,
  optionTables,
  padding as api,
} from '../../src/tflite/operators.js';
import { tfliteTypes } from '../../src/tflite/types.js';

/**
 * Writes .tflite files from a plain description, with hand-written writers for the few tables of TFLite's schema that
 * the tests need. Field numbers are those of the public schema (schema.fbs, version 3).
 */
export type TensorType = keyof typeof tfliteTypes;

export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  readonly quantizedDimension?: number;
  /** Contents of a constant; a tensor without data is an activation or a graph input. */
  readonly data?: Uint8Array;
  /** Of a matrix: `data` are the values of its first column, the rest of it are zeros. */
  readonly sparse?: boolean;
  /** Dimensions that may be resized are -1 here (as converters write them). */
  readonly shapeSignature?: readonly number[];
}

export interface OptionsSpec {
  readonly type: OptionsType;
  readonly fields: Readonly<Record<string, number | boolean | readonly number[]>>;
}

export interface OpSpec {
  readonly op: OpName;
  /** Tensor indices; -1 is an absent optional input. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: OptionsSpec;
  readonly version?: number;
}

export interface SubgraphSpec {
  readonly tensors: readonly TensorSpec[];
  readonly ops: readonly OpSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The main subgraph, and those that its control-flow ops call (number 1 and on). */
export interface ModelSpec extends SubgraphSpec {
  readonly called?: readonly SubgraphSpec[];
  /** Data of constants stand behind the tables, as in models over 2 GB. */
  readonly behind?: boolean;
  /** For each subgraph the pairs of nodes of which the first must run before the second (metadata). */
  readonly controlEdges?: readonly (readonly (readonly [number, number])[])[];
}

/** As the schema numbers them. */
export const padding = { same: api.same - 1, valid: api.valid - 1 } as const;
export { activation };

export type OpName = OperatorName;

interface Field extends Omit<OptionField, 'kind'> {
  readonly kind: OptionKind | 'i32[]';
}

const noFields: Readonly<Record<string, Field>> = {};
const subgraph = (id: number): Field => ({ kind: 'i32', id });

/** Tables, and fields of tables, that ptfe does not read. */
const unread = {
  AddOptions: {
    ...optionTables.AddOptions,
    fields: { ...optionTables.AddOptions.fields, potScaleInt16: { kind: 'bool', id: 1, preset: 1 } },
  },
  BatchToSpaceNDOptions: { tag: 24, fields: noFields },
  CallOnceOptions: { tag: 103, fields: { initSubgraph: subgraph(0) } },
  ExpandDimsOptions: { tag: 52, fields: noFields },
  FullyConnectedOptions: {
    ...optionTables.FullyConnectedOptions,
    fields: { ...optionTables.FullyConnectedOptions.fields, asymmetricQuantizeInputs: { kind: 'bool', id: 3 } },
  },
  IfOptions: { tag: 92, fields: { thenSubgraph: subgraph(0), elseSubgraph: subgraph(1) } },
  MaximumMinimumOptions: { tag: 39, fields: noFields },
  PadOptions: { tag: 22, fields: noFields },
  PadV2Options: { tag: 43, fields: noFields },
  QuantizeOptions: { tag: 91, fields: noFields },
  ReshapeOptions: { tag: 17, fields: { newShape: { kind: 'i32[]', id: 0 } } },
  SliceOptions: { tag: 46, fields: noFields },
  SpaceToBatchNDOptions: { tag: 25, fields: noFields },
  SquaredDifferenceOptions: { tag: 76, fields: noFields },
  SqueezeOptions: { tag: 30, fields: { squeezeDims: { kind: 'i32[]', id: 0 } } },
  WhileOptions: { tag: 93, fields: { condSubgraph: subgraph(0), bodySubgraph: subgraph(1) } },
} as const satisfies Readonly<
  Record<string, { readonly tag: number; readonly fields: Readonly<Record<string, Field>> }>
>;

const tables = { ...optionTables, ...unread };
export type OptionsType = keyof typeof tables;

interface OperatorCode {
  readonly op: OpName;
  readonly version: number;
}

/** The model as the bytes of a .tflite file. */
export function writeTflite(spec: ModelSpec): Uint8Array {
  if (spec.behind !== true) return writeTables(spec, (data) => ({ data }));
  // Once to know where the tables end; their length does not depend on the offsets in them.
  const chunks: Uint8Array[] = [];
  const { length } = writeTables(spec, () => ({ offset: 2, size: 1 }));
  let end = Math.ceil(length / 16) * 16;
  const file = writeTables(spec, (data) => {
    const offset = end;
    chunks[offset] = data;
    end += Math.ceil(data.length / 16) * 16;
    return { offset, size: Math.max(1, data.length) };
  });
  const all = new Uint8Array(end);
  all.set(file);
  chunks.forEach((data, offset) => {
    all.set(data, offset);
  });
  return all;
}

/** Where the bytes of a constant stand: in its buffer's table, or at an offset of the file. */
type Placed = { readonly data: Uint8Array } | { readonly offset: number; readonly size: number };
type Placing = (data: Uint8Array) => Placed;

function writeTables(spec: ModelSpec, place: Placing): Uint8Array {
  const subgraphs = [spec, ...(spec.called ?? [])];
  const builder = new Builder(
    4096 +
      subgraphs.flatMap(({ tensors }) => tensors).reduce((bytes, { data }) => bytes + (data?.length ?? 0) + 512, 0),
  );
  const buffers = [emptyTable(builder)];
  const codes: OperatorCode[] = [];
  const subgraphVector = offsetVector(
    builder,
    subgraphs.map((subgraph) => writeSubgraph(builder, subgraph, buffers, codes, place)),
  );
  const operatorCodes = codes.map(({ op, version }) => {
    builder.startObject(4);
    builder.addFieldInt8(0, Math.min(operatorCode(op), 127), 0);
    builder.addFieldInt32(2, version, 1);
    builder.addFieldInt32(3, operatorCode(op), 0);
    return builder.endObject();
  });
  const codeVector = offsetVector(builder, operatorCodes);
  const metadata = spec.controlEdges === undefined ? 0 : writeControlEdges(builder, spec.controlEdges, buffers);
  const bufferVector = offsetVector(builder, buffers);
  const description = builder.createString('a test of ptfe');
  builder.startObject(7);
  builder.addFieldInt32(0, 3, 0);
  builder.addFieldOffset(1, codeVector, 0);
  builder.addFieldOffset(2, subgraphVector, 0);
  builder.addFieldOffset(3, description, 0);
  builder.addFieldOffset(4, bufferVector, 0);
  builder.addFieldOffset(6, metadata, 0);
  builder.finish(builder.endObject(), 'TFL3');
  return builder.asUint8Array().slice();
}

function writeControlEdges(
  builder: Builder,
  edges: readonly (readonly (readonly [number, number])[])[],
  buffers: number[],
): number {
  const varint = (value: number): readonly number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  const lists = edges.map((list) => [list.length, ...list.flat().map((node) => 2 * node)]);
  const data = Uint8Array.from([1, edges.length, ...lists.flat()].flatMap(varint));
  const buffer = buffers.push(writeBuffer(builder, { data })) - 1;
  const name = builder.createString('model_control_dependencies');
  builder.startObject(2);
  builder.addFieldOffset(0, name, 0);
  builder.addFieldInt32(1, buffer, 0);
  return offsetVector(builder, [builder.endObject()]);
}

/** Writes a subgraph; its constants and operator codes join those of the model. */
function writeSubgraph(
  builder: Builder,
  spec: SubgraphSpec,
  buffers: number[],
  codes: OperatorCode[],
  place: Placing,
): number {
  const bufferOf = spec.tensors.map((tensor) =>
    tensor.data === undefined ? 0 : buffers.push(writeBuffer(builder, place(tensor.data))) - 1,
  );
  const tensors = spec.tensors.map((tensor, index) => writeTensor(builder, tensor, bufferOf[index] ?? 0));
  const operators = spec.ops.map((op) => {
    const version = op.version ?? 1;
    const known = codes.findIndex((code) => code.op === op.op && code.version === version);
    return writeOperator(builder, op, known < 0 ? codes.push({ op: op.op, version }) - 1 : known);
  });
  const tensorVector = offsetVector(builder, tensors);
  const inputVector = int32Vector(builder, spec.inputs);
  const outputVector = int32Vector(builder, spec.outputs);
  const operatorVector = offsetVector(builder, operators);
  builder.startObject(5);
  builder.addFieldOffset(0, tensorVector, 0);
  builder.addFieldOffset(1, inputVector, 0);
  builder.addFieldOffset(2, outputVector, 0);
  builder.addFieldOffset(3, operatorVector, 0);
  return builder.endObject();
}

function writeTensor(builder: Builder, tensor: TensorSpec, buffer: number): number {
  const shape = int32Vector(builder, tensor.shape);
  const signature = tensor.shapeSignature === undefined ? 0 : int32Vector(builder, tensor.shapeSignature);
  const name = builder.createString(tensor.name);
  const quantization = tensor.scale === undefined ? 0 : writeQuantization(builder, tensor, tensor.scale);
  const sparsity = tensor.sparse === true ? writeSparsity(builder, tensor.shape) : 0;
  builder.startObject(8);
  builder.addFieldOffset(0, shape, 0);
  builder.addFieldInt8(1, tfliteTypes[tensor.type].schema, 0);
  builder.addFieldInt32(2, buffer, 0);
  builder.addFieldOffset(3, name, 0);
  builder.addFieldOffset(4, quantization, 0);
  builder.addFieldOffset(6, sparsity, 0);
  builder.addFieldOffset(7, signature, 0);
  return builder.endObject();
}

function writeQuantization(builder: Builder, tensor: TensorSpec, scales: readonly number[]): number {
  builder.startVector(4, scales.length, 4);
  for (const scale of scales.toReversed()) builder.addFloat32(scale);
  const scale = builder.endVector();
  const points = tensor.zeroPoint ?? scales.map(() => 0);
  builder.startVector(8, points.length, 8);
  for (const point of points.toReversed()) builder.addInt64(BigInt(point));
  const zeroPoint = builder.endVector();
  builder.startObject(7);
  builder.addFieldOffset(2, scale, 0);
  builder.addFieldOffset(3, zeroPoint, 0);
  builder.addFieldInt32(6, tensor.quantizedDimension ?? 0, 0);
  return builder.endObject();
}

function writeOperator(builder: Builder, op: OpSpec, code: number): number {
  const inputs = int32Vector(builder, op.inputs);
  const outputs = int32Vector(builder, op.outputs);
  const options = op.options === undefined ? 0 : writeOptions(builder, op.options);
  builder.startObject(5);
  builder.addFieldInt32(0, code, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldInt8(3, op.options === undefined ? 0 : tables[op.options.type].tag, 0);
  builder.addFieldOffset(4, options, 0);
  return builder.endObject();
}

function writeOptions(builder: Builder, options: OptionsSpec): number {
  const fields = Object.entries<Field>(tables[options.type].fields);
  for (const name of Object.keys(options.fields)) {
    if (!fields.some(([known]) => known === name)) throw new Error(`${options.type} has no field ${name}`);
  }
  const vectors = fields.map(([name]) => {
    const value = options.fields[name];
    return typeof value === 'object' ? int32Vector(builder, value) : 0;
  });
  builder.startObject(fields.reduce((most, [, { id }]) => Math.max(most, id + 1), 0));
  fields.forEach(([name, field], index) => {
    const value = options.fields[name];
    if (field.kind === 'i32[]') builder.addFieldOffset(field.id, vectors[index] ?? 0, 0);
    else if (value !== undefined && typeof value !== 'object') addScalar(builder, field, Number(value));
  });
  return builder.endObject();
}

function addScalar(builder: Builder, { kind, id, preset = 0 }: Field, value: number): void {
  if (kind === 'i32') builder.addFieldInt32(id, value, preset);
  else if (kind === 'f32') builder.addFieldFloat32(id, value, preset);
  else builder.addFieldInt8(id, value, preset);
}

function writeBuffer(builder: Builder, placed: Placed): number {
  if ('offset' in placed) {
    builder.startObject(3);
    builder.addFieldInt64(1, BigInt(placed.offset), 0n);
    builder.addFieldInt64(2, BigInt(placed.size), 0n);
    return builder.endObject();
  }
  builder.prep(16, placed.data.length);
  const bytes = builder.createByteVector(placed.data);
  builder.startObject(1);
  builder.addFieldOffset(0, bytes, 0);
  return builder.endObject();
}

/** SparsityParameters of a matrix with one value in each row, in the first column: dense rows, then CSR. */
function writeSparsity(builder: Builder, [rows = 0]: readonly number[]): number {
  const indices = (values: readonly number[]): number => {
    const vector = int32Vector(builder, values);
    builder.startObject(1);
    builder.addFieldOffset(0, vector, 0);
    return builder.endObject();
  };
  const segments = indices(Array.from({ length: rows + 1 }, (_, i) => i));
  const columns = indices(Array.from({ length: rows }, () => 0));
  builder.startObject(6);
  builder.addFieldInt32(1, rows, 0);
  const dense = builder.endObject();
  builder.startObject(6);
  builder.addFieldInt8(0, 1, 0);
  builder.addFieldInt8(2, 1, 0);
  builder.addFieldOffset(3, segments, 0);
  builder.addFieldInt8(4, 1, 0);
  builder.addFieldOffset(5, columns, 0);
  const csr = builder.endObject();
  const order = int32Vector(builder, [0, 1]);
  const dimensions = offsetVector(builder, [dense, csr]);
  builder.startObject(3);
  builder.addFieldOffset(0, order, 0);
  builder.addFieldOffset(2, dimensions, 0);
  return builder.endObject();
}

function emptyTable(builder: Builder): number {
  builder.startObject(1);
  return builder.endObject();
}

function int32Vector(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

function offsetVector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}
