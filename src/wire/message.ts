/** Reads the graph message that `delegate/graph/capture.c` writes: little-endian, 4-byte aligned, every length checked. */
import { isNumerics, newestNumerics, type Numerics } from '../graph/numerics.js';
import { PtfeError } from '../error.js';
import type { Graph, Node, Tensor } from '../graph/graph.js';
import { operatorName, type OptionKind, optionFields } from '../tflite/operators.js';
import { typeOfApi } from '../tflite/types.js';

export const messageMagic = 0x47465450;
export const messageVersion = 1;

/** A bounds-checked reader over bytes that another process wrote. */
export class Cursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.byteLength - at) {
      throw new PtfeError(
        'bad-message',
        `graph message, byte ${at}`,
        `${length} bytes wanted, ${this.#bytes.byteLength - at} left`,
      );
    }
    this.#at = at + length;
    return at;
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }
  /** `count` values; the bytes they need are checked before anything is allocated. */
  list<T>(count: number, read: () => T): T[] {
    if (count * 4 > this.#bytes.byteLength - this.#at) {
      throw new PtfeError('bad-message', `graph message, byte ${this.#at}`, `a list of ${count} values does not fit`);
    }
    return Array.from({ length: count }, read);
  }
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }
  bytes(): Uint8Array {
    const length = this.u32();
    const run = this.take(length);
    this.#advance((4 - (length % 4)) % 4);
    return run;
  }
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
  get done(): boolean {
    return this.#at === this.#bytes.byteLength;
  }
}

const readTensor = (cursor: Cursor): Tensor => {
  const index = cursor.u32();
  const type = typeOfApi(cursor.u32());
  const flags = cursor.u32();
  const shape = cursor.list(cursor.u32(), () => cursor.i32());
  const scales = cursor.list(cursor.u32(), () => cursor.f32());
  const zeroPoints = cursor.list(cursor.u32(), () => cursor.i32());
  const axis = cursor.i32();
  const name = cursor.text();
  const data = cursor.bytes();
  return {
    index,
    name,
    type,
    shape,
    quantization: scales.length > 0 ? { scales, zeroPoints, axis } : null,
    constant: (flags & 1) !== 0,
    variable: (flags & 6) !== 0,
    data: data.byteLength > 0 ? data : null,
  };
};

/** An option from its 32 bits. */
const optionValue = (kind: OptionKind, bits: number): number =>
  kind === 'f32' ? (new Float32Array(Int32Array.of(bits).buffer)[0] ?? 0) : bits;

const readNode = (cursor: Cursor): Node => {
  const index = cursor.u32();
  const code = cursor.i32();
  const opVersion = cursor.i32();
  const op = operatorName(code, cursor.text());
  const inputs = cursor.list(cursor.u32(), () => cursor.i32());
  const outputs = cursor.list(cursor.u32(), () => cursor.i32());
  const values = cursor.list(cursor.u32(), () => cursor.i32());
  const params = Object.fromEntries(
    optionFields(op).map(([name, { kind }], i) => [name, optionValue(kind, values[i] ?? 0)]),
  );
  return { index, op, version: opVersion, inputs, outputs, params };
};

/** What the delegate found out, or was told; not in the message that a plan file is known by. */
const numericsOf = (name: string): Numerics => {
  if (isNumerics(name)) return name;
  throw new PtfeError(
    'bad-message',
    'graph message',
    `numerics ${name} is not known`,
    'delegate and engine must be of one build',
  );
};

export interface Message {
  readonly options: Readonly<Record<string, string>>;
  readonly graph: Graph;
}

/** @throws PtfeError `bad-message` when a length, an index or the magic is wrong. */
export const readMessage = (bytes: Uint8Array): Message => {
  const cursor = new Cursor(bytes);
  if (cursor.u32() !== messageMagic || cursor.u32() !== messageVersion) {
    throw new PtfeError(
      'bad-message',
      'graph message',
      'wrong magic or version',
      'delegate and engine must be of one build',
    );
  }
  const options = Object.fromEntries(cursor.list(cursor.u32(), () => [cursor.text(), cursor.text()] as const));
  const tensors = new Map(cursor.list(cursor.u32(), () => readTensor(cursor)).map((tensor) => [tensor.index, tensor]));
  const nodes = cursor.list(cursor.u32(), () => readNode(cursor));
  const seen = new Set<number>();
  for (const node of nodes) {
    if (seen.has(node.index))
      throw new PtfeError('bad-message', `${node.op} #${node.index}`, 'two nodes of this number');
    seen.add(node.index);
    for (const index of [...node.inputs, ...node.outputs]) {
      if (index !== -1 && !tensors.has(index)) {
        throw new PtfeError('bad-message', `${node.op} #${node.index}`, `tensor ${index} is not in the message`);
      }
    }
  }
  return { options, graph: { numerics: numericsOf(options['numerics'] ?? newestNumerics), tensors, nodes } };
};
