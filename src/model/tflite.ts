/** Reads a .tflite file into a Graph, with the flatbuffers runtime; field numbers are those of TFLite's schema. */
import { ByteBuffer } from 'flatbuffers';
import { PtfeError } from '../error.js';
import { type ElementType, elementCount, type Graph, type Node, type Tensor } from './graph.js';
import { type OptionField, operatorName, optionFields } from './operators.js';

const elementTypes: Readonly<Record<number, ElementType>> = {
  0: 'float32',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  9: 'int8',
};
const elementBytes: Readonly<Record<ElementType, number>> = {
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  float32: 4,
  other: 0,
};

const outside = (what: string, at: number): PtfeError =>
  new PtfeError('bad-model', 'tflite file', `${what} at ${at} is outside the file`, 'is it cut off or damaged?');

/** A flatbuffers table: fields by number, with the schema's defaults; nothing is read outside the file. */
class Table {
  readonly #buffer: ByteBuffer;
  readonly #at: number;
  /** Place and length of the table of field offsets. */
  readonly #fields: number;
  readonly #fieldBytes: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
    this.#demand('table', at, 4);
    this.#fields = at - buffer.readInt32(at);
    this.#demand('table', this.#fields, 4);
    this.#fieldBytes = buffer.readUint16(this.#fields);
    this.#demand('table', this.#fields, this.#fieldBytes);
  }

  #demand(what: string, at: number, bytes: number): void {
    if (!(at >= 0) || at + bytes > this.#buffer.capacity()) throw outside(what, at);
  }
  /** Where a field of `bytes` bytes stands; 0 where the table leaves it out. */
  #field(id: number, bytes: number): number {
    const entry = 4 + 2 * id;
    const offset = entry + 2 <= this.#fieldBytes ? this.#buffer.readUint16(this.#fields + entry) : 0;
    if (offset === 0) return 0;
    this.#demand('field', this.#at + offset, bytes);
    return this.#at + offset;
  }
  i8(id: number, fallback = 0): number {
    const at = this.#field(id, 1);
    return at === 0 ? fallback : this.#buffer.readInt8(at);
  }
  u8(id: number): number {
    return this.i8(id) & 0xff;
  }
  i32(id: number, fallback = 0): number {
    const at = this.#field(id, 4);
    return at === 0 ? fallback : this.#buffer.readInt32(at);
  }
  f32(id: number, fallback = 0): number {
    const at = this.#field(id, 4);
    return at === 0 ? fallback : this.#buffer.readFloat32(at);
  }
  text(id: number): string {
    const { start, length } = this.#vector(id, 1);
    return new TextDecoder().decode(this.#buffer.bytes().subarray(start, start + length));
  }
  table(id: number): Table | null {
    const at = this.#field(id, 4);
    return at === 0 ? null : new Table(this.#buffer, this.#buffer.__indirect(at));
  }
  /** Start and length of a vector whose elements have `size` bytes. */
  #vector(id: number, size: number): { readonly start: number; readonly length: number } {
    const at = this.#field(id, 4);
    if (at === 0) return { start: 0, length: 0 };
    this.#demand('vector', this.#buffer.__indirect(at), 4);
    const length = this.#buffer.__vector_len(at);
    const start = this.#buffer.__vector(at);
    if (length < 0) throw outside(`a vector of ${length} elements`, start);
    this.#demand(`a vector of ${length} elements`, start, length * size);
    return { start, length };
  }
  tables(id: number): Table[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => new Table(this.#buffer, this.#buffer.__indirect(start + 4 * i)));
  }
  i32s(id: number): number[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readInt32(start + 4 * i));
  }
  f32s(id: number): number[] {
    const { start, length } = this.#vector(id, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readFloat32(start + 4 * i));
  }
  i64s(id: number): number[] {
    const { start, length } = this.#vector(id, 8);
    return Array.from({ length }, (_, i) => Number(this.#buffer.readInt64(start + 8 * i)));
  }
  bytes(id: number): Uint8Array {
    const { start, length } = this.#vector(id, 1);
    return this.#buffer.bytes().subarray(start, start + length);
  }
}

/** One option of an operator; the schema numbers padding and mirror modes from 0, TFLite's C structs from 1. */
const optionOf = (table: Table | null, [, kind, id, preset = 0]: OptionField): number => {
  switch (kind) {
    case 'i32':
      return table?.i32(id, preset) ?? preset;
    case 'enum':
    case 'bool':
      return table?.i8(id, preset) ?? preset;
    case 'f32':
      return table?.f32(id, preset) ?? preset;
    case 'padding':
      return (table?.i8(id) ?? 0) + 1;
  }
};

const paramsOf = (op: string, table: Table | null): Readonly<Record<string, number>> =>
  Object.fromEntries((optionFields[op] ?? []).map((field) => [field[0], optionOf(table, field)]));

export interface TfliteModel {
  readonly graph: Graph;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Reads the first subgraph of a .tflite file.
 * @throws PtfeError `bad-model` when the file is damaged.
 */
export const readTflite = (bytes: Uint8Array): TfliteModel => {
  const buffer = new ByteBuffer(bytes);
  if (bytes.byteLength < 8 || !buffer.__has_identifier('TFL3')) {
    throw new PtfeError('bad-model', 'tflite file', 'it does not carry the identifier TFL3', 'is it a .tflite file?');
  }
  const model = new Table(buffer, buffer.readInt32(0));
  const codes = model.tables(1).map((code) => ({
    builtin: Math.max(code.u8(0), code.i32(3)),
    custom: code.text(1),
    version: code.i32(2, 1),
  }));
  const buffers = model.tables(4);
  const subgraph = model.tables(2)[0];
  if (subgraph === undefined) throw new PtfeError('bad-model', 'tflite file', 'it has no subgraph');

  const tensors = new Map<number, Tensor>();
  for (const [index, table] of subgraph.tables(0).entries()) {
    const type = elementTypes[table.i8(1)] ?? 'other';
    const shape = table.i32s(0);
    const data = buffers[table.i32(2)]?.bytes(0) ?? new Uint8Array();
    const quantization = table.table(4);
    const scales = quantization?.f32s(2) ?? [];
    const constant = data.byteLength > 0;
    if (constant && type !== 'other' && data.byteLength !== elementCount(shape) * elementBytes[type]) {
      throw new PtfeError(
        'bad-model',
        `tensor ${index}`,
        `${data.byteLength} bytes of data for shape ${shape.join('x')}`,
      );
    }
    tensors.set(index, {
      index,
      name: table.text(3),
      type,
      shape,
      quantization:
        scales.length > 0 ? { scales, zeroPoints: quantization?.i64s(3) ?? [], axis: quantization?.i32(6) ?? 0 } : null,
      constant,
      variable: table.i8(5) !== 0,
      data: constant ? data : null,
    });
  }
  const nodes = subgraph.tables(3).map((table, index): Node => {
    const code = codes[table.i32(0)];
    if (code === undefined)
      throw new PtfeError('bad-model', `node ${index}`, `operator code ${table.i32(0)} is not in the file`);
    const op = operatorName(code.builtin, code.custom);
    const node = {
      index,
      op,
      version: code.version,
      inputs: table.i32s(1),
      outputs: table.i32s(2),
      params: paramsOf(op, table.table(4)),
    };
    for (const tensor of [...node.inputs, ...node.outputs]) {
      if (tensor !== -1 && !tensors.has(tensor))
        throw new PtfeError('bad-model', `${op} #${index}`, `tensor ${tensor} does not exist`);
    }
    return node;
  });
  return { graph: { tensors, nodes }, inputs: subgraph.i32s(1), outputs: subgraph.i32s(2) };
};
