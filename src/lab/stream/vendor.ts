/**
 * Register programs of the vendor's compiler, as shared/hardware/conv-shapes.json keeps them: RK3588 (fp16; some registers
 * of each task) and RK3576 (whole programs). They are read and named; what can be executed says `executable.ts`.
 */
import { namedBits, type ReadableChip, registerAt } from '../../hardware/registers.js';
import { JsonValue } from './json_value.js';
import type { Program, ProgramTask, ProgramWord } from '../../explain/program.js';

export interface VendorProgram extends Program {
  readonly precision: string;
  /** The layer's numbers as the file gives them. */
  readonly geometry: Readonly<Record<string, number>>;
}

const geometryKeys = (
  'dw argb is_float ic oc iw ih ih_task ih_full ow oh oh_task oh_full kh kw stride stride_y stride_x pad_top pad_left ' +
  'cbuf_f cbuf_low weight_bytes weight_elems weight_bytes_per_kernel surface_add'
).split(' ');

const geometryOf = (row: JsonValue): Readonly<Record<string, number>> =>
  Object.fromEntries(
    geometryKeys.filter((key) => row.has(key) && !row.get(key).isNull()).map((key) => [key, row.get(key).u32()]),
  );

/** The capture has no targets: the page of an offset names its block, and the words are register writes. */
const writeOf = (offset: number, value: number, address: ProgramWord['address']): ProgramWord => ({
  target: 0,
  offset,
  value,
  address,
});

/** Buffers of the RK3588's captures: addresses are given from the smallest of their register. */
const relativeBuffers: Readonly<Record<string, string>> = {
  '0x1070': 'feature',
  '0x1110': 'weights',
  '0x4020': 'output',
};

const rk3588Word = (offset: string, cell: JsonValue): ProgramWord => {
  const text = cell.text();
  const relative = text.startsWith('+');
  const [place, value] = [Number(offset), Number(relative ? text.slice(1) : text)];
  if (!Number.isInteger(place) || !Number.isInteger(value)) throw cell.fail(`"${text}" is not a number`);
  const bo = relativeBuffers[offset] ?? 'buffer';
  return relative ? writeOf(place, 0, { bo, offset: value }) : writeOf(place, value, null);
};

const rk3588Program = (row: JsonValue): VendorProgram => {
  const precision = row.get('precision').text();
  const tasks = row.get('rows').list((task) => task.entries().map(([offset, cell]) => rk3588Word(offset, cell)));
  return {
    title: `rk3588 ${precision} ${row.get('source_slug').text()}`,
    chip: 'rk3588',
    precision,
    geometry: geometryOf(row),
    notes: [`${row.get('vendor_task_count').u32()} tasks, ${tasks.length} of them captured in part`],
    tasks: tasks.map((words, t): ProgramTask => ({ title: `captured task ${t}`, at: null, words })),
  };
};

const rk3576Word = (text: string, row: JsonValue): ProgramWord => {
  const [, offset, value] = /^([0-9a-f]{4})=([0-9a-f]{8})$/.exec(text) ?? [];
  if (offset === undefined || value === undefined) throw row.fail(`"${text}" is not a register write`);
  const place = Number.parseInt(offset, 16);
  const number = Number.parseInt(value, 16);
  const address = registerAt(place, 'rk3576')?.address === true ? { bo: 'patched', offset: number } : null;
  return writeOf(place, number, address);
};

const rk3576Program = (row: JsonValue): VendorProgram => {
  const precision = row.get('precision').text();
  const words = row
    .get('program')
    .text()
    .split(' ')
    .map((text) => rk3576Word(text, row));
  return {
    title: `rk3576 ${precision} ${row.get('name').text()}`,
    chip: 'rk3576',
    precision,
    geometry: geometryOf(row),
    notes: [],
    tasks: [{ title: row.get('capture').text(), at: null, words }],
  };
};

/** @throws PtfeError `bad-stream` that names the place in the file */
export const readVendorPrograms = (json: unknown): readonly VendorProgram[] => {
  const families = new JsonValue(json, 'vendor programs', 'is it conv-shapes.json?').get('families');
  return [
    ...families.get('rk3588_vendor_fp16_tasks').get('cases').list(rk3588Program),
    ...families.get('rk3576_vendor_programs').get('cases').list(rk3576Program),
  ];
};

export interface NamedCount {
  /** Register writes whose register is known, and others. */
  readonly named: number;
  readonly unnamed: number;
  /** Writes of named registers that set bits which no field names. */
  readonly unnamedBits: number;
}

export const countNames = ({
  chip,
  tasks,
}: {
  readonly chip: ReadableChip;
  readonly tasks: readonly ProgramTask[];
}): NamedCount => {
  let [named, unnamed, unnamedBits] = [0, 0, 0];
  for (const { offset, value } of tasks.flatMap(({ words }) => words)) {
    const register = registerAt(offset, chip);
    if (register === undefined) unnamed++;
    else {
      named++;
      if ((value & ~namedBits(register)) !== 0) unnamedBits++;
    }
  }
  return { named, unnamed, unnamedBits };
};
