/** Reads a .tflite file into a Graph; field numbers are those of TFLite's schema. */
import { PtfeError } from '../error.js';
import { constantOf, isSparse } from './constants.js';
import { controlEdgesName, readControlEdges } from '../graph/control_edges.js';
import { type ControlEdge, elementCount, type Graph, type Node, type Tensor } from '../graph/graph.js';
import { type OptionField, operatorName, optionFields } from './operators.js';
import { typeOfSchema, valueBytes } from './types.js';
import { newestNumerics, type Numerics } from '../graph/numerics.js';
import { modelTable, type Table } from './flatbuffer.js';

/** One option of an operator; the schema numbers padding and mirror modes from 0, TFLite's C structs from 1. */
const optionOf = (table: Table | null, { kind, id, preset = 0 }: OptionField): number => {
  if (table === null) return kind === 'padding' ? preset + 1 : preset;
  switch (kind) {
    case 'i32':
      return table.i32(id, preset);
    case 'enum':
    case 'bool':
      return table.i8(id, preset);
    case 'f32':
      return table.f32(id, preset);
    case 'padding':
      return table.i8(id, preset) + 1;
  }
};

const paramsOf = (op: string, table: Table | null): Readonly<Record<string, number>> =>
  Object.fromEntries(optionFields(op).map(([name, field]) => [name, optionOf(table, field)]));

export interface TfliteModel {
  readonly graph: Graph;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The control edges of a subgraph. */
const controlEdgesOf = (model: Table, subgraph: number): readonly ControlEdge[] | null => {
  const entry = model.tables(6).findLast((one) => one.text(0) === controlEdgesName);
  const data = entry === undefined ? undefined : model.tables(4)[entry.i32(1)]?.bytes(0);
  return data === undefined ? null : (readControlEdges(data, model.tables(2).length)?.[subgraph] ?? null);
};

/** How many graphs a .tflite file has: those that others call, and those of further signatures. @throws PtfeError `bad-model` */
export const subgraphCount = (bytes: Uint8Array): number => modelTable(bytes).tables(2).length;

/**
 * Reads a subgraph of a .tflite file.
 * @param number the first one is what an interpreter runs
 * @throws PtfeError `bad-model` when the file is damaged.
 */
export const readTflite = (bytes: Uint8Array, number = 0, numerics: Numerics = newestNumerics): TfliteModel => {
  const model = modelTable(bytes);
  const codes = model.tables(1).map((code) => ({
    builtin: Math.max(code.u8(0), code.i32(3)),
    custom: code.text(1),
    version: code.i32(2, 1),
  }));
  const buffers = model.tables(4);
  const subgraph = model.tables(2)[number];
  if (subgraph === undefined) throw new PtfeError('bad-model', 'tflite file', `it has no subgraph ${number}`);

  const tensors = new Map<number, Tensor>();
  for (const [index, table] of subgraph.tables(0).entries()) {
    const type = typeOfSchema(table.i8(1));
    const shape = table.i32s(0);
    const data = constantOf(bytes, buffers, table, index);
    const sparse = isSparse(table);
    const quantization = table.table(4);
    const scales = quantization?.f32s(2) ?? [];
    const size = elementCount(shape) * valueBytes(type);
    if (data !== null && valueBytes(type) > 0 && !sparse && data.byteLength !== size) {
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
        quantization !== null && scales.length > 0
          ? { scales, zeroPoints: quantization.i64s(3), axis: quantization.i32(6) }
          : null,
      constant: data !== null,
      variable: table.i8(5) !== 0,
      // As the delegate sends it: values of a sparse constant would have to be spread out first.
      data: data === null || sparse || data.byteLength === 0 ? null : data,
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
  const controlEdges = controlEdgesOf(model, number);
  const graph: Graph = { numerics, tensors, nodes, ...(controlEdges === null ? {} : { controlEdges }) };
  return { graph, inputs: subgraph.i32s(1), outputs: subgraph.i32s(2) };
};
