/**
 * Records: contiguous little-endian values of a fixed size. A table of fields says what a record is; its size,
 * what reads and writes it, its TypeScript type and its C struct (`c_text.ts`) are made of that table.
 */

export interface Field<T> {
  readonly size: number;
  readonly align: number;
  /** Its declaration in a C struct. */
  readonly declare: (name: string) => string;
  read(view: DataView, at: number): T;
  write(view: DataView, at: number, value: T): void;
}

/** Zeros that nothing reads. */
export interface Reserved extends Field<undefined> {
  readonly reserved: true;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a record's fields hold, by their names. */
export type Values<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Reserved ? never : K]: ValueOf<F[K]>;
};

export interface RecordType<F extends Fields> extends Field<Values<F>> {
  readonly name: string;
  /** What it is, for the C header and the page of formats. */
  readonly text: string;
  readonly fields: F;
  readonly offsets: Readonly<Record<keyof F & string, number>>;
}

export type AnyRecord = RecordType<Fields>;

export const u32: Field<number> = {
  size: 4,
  align: 4,
  declare: (name) => `uint32_t ${name}`,
  read: (view, at) => view.getUint32(at, true),
  write: (view, at, value) => view.setUint32(at, value, true),
};

export const i32: Field<number> = {
  ...u32,
  declare: (name) => `int32_t ${name}`,
  read: (view, at) => view.getInt32(at, true),
  write: (view, at, value) => view.setInt32(at, value, true),
};

export const f32: Field<number> = {
  ...u32,
  declare: (name) => `float ${name}`,
  read: (view, at) => view.getFloat32(at, true),
  write: (view, at, value) => view.setFloat32(at, value, true),
};

/** 64 bits that each mean something: masks, hashes. */
export const u64: Field<bigint> = {
  size: 8,
  align: 8,
  declare: (name) => `uint64_t ${name}`,
  read: (view, at) => view.getBigUint64(at, true),
  write: (view, at, value) => view.setBigUint64(at, value, true),
};

/** A 64-bit size, offset or count. One above 2^53 is as wrong as any other of that size, so that rounding does no harm. */
export const size64: Field<number> = {
  ...u64,
  read: (view, at) => Number(view.getBigUint64(at, true)),
  write: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
};

const bytesAt = (view: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + at, length);

/** With zeros behind them. */
const setBytes = (view: DataView, at: number, length: number, bytes: Uint8Array): void =>
  bytesAt(view, at, length).fill(0).set(bytes.subarray(0, length));

/** Text that fills its bytes, or ends with a zero. */
export const chars = (length: number): Field<string> => ({
  size: length,
  align: 1,
  declare: (name) => `char ${name}[${length}]`,
  read: (view, at) => new TextDecoder().decode(bytesAt(view, at, length)).replace(/\0.*$/s, ''),
  write: (view, at, value) => setBytes(view, at, length, new TextEncoder().encode(value)),
});

/** Bytes; those that are read are the file's own. */
export const octets = (length: number): Field<Uint8Array> => ({
  size: length,
  align: 1,
  declare: (name) => `uint8_t ${name}[${length}]`,
  read: (view, at) => bytesAt(view, at, length),
  write: (view, at, value) => setBytes(view, at, length, value),
});

export const array = <T>(field: Field<T>, length: number): Field<readonly T[]> => ({
  size: field.size * length,
  align: field.align,
  declare: (name) => field.declare(`${name}[${length}]`),
  read: (view, at) => Array.from({ length }, (_, i) => field.read(view, at + i * field.size)),
  write: (view, at, values) => {
    if (values.length !== length) throw new Error(`${values.length} values for ${length}`);
    for (const [i, value] of values.entries()) field.write(view, at + i * field.size, value);
  },
});

export const reserved = (words = 1): Reserved => ({
  size: 4 * words,
  align: 4,
  reserved: true,
  declare: (name) => (words === 1 ? `uint32_t ${name}` : `uint32_t ${name}[${words}]`),
  read: () => undefined,
  write: (view, at) => void bytesAt(view, at, 4 * words).fill(0),
});

const isReserved = (field: Field<unknown>): boolean => 'reserved' in field;

/**
 * @param name of the C struct
 * @throws Error where a C compiler would put something between two fields, or behind the last: the table must say what is there
 */
export const record = <const F extends Fields>(name: string, text: string, fields: F): RecordType<F> => {
  const entries = Object.entries(fields);
  const align = entries.reduce((most, [, field]) => Math.max(most, field.align), 1);
  let end = 0;
  const places = entries.map(([key, field]) => {
    if (end % field.align !== 0)
      throw new Error(`${name}.${key} would stand at ${end}, not a multiple of ${field.align}`);
    const place = { key, field, offset: end };
    end += field.size;
    return place;
  });
  if (end % align !== 0) throw new Error(`${name} has ${end} bytes, not a multiple of ${align}`);
  const own = places.filter(({ field }) => !isReserved(field));
  return {
    name,
    text,
    fields,
    size: end,
    align,
    offsets: Object.fromEntries(places.map(({ key, offset }) => [key, offset])) as RecordType<F>['offsets'],
    declare: (field) => `${name} ${field}`,
    read: (view, at) => {
      const values: Record<string, unknown> = {};
      for (const { key, field, offset } of own) values[key] = field.read(view, at + offset);
      return values as Values<F>;
    },
    write: (view, at, value) => {
      const values: Readonly<Record<string, unknown>> = value;
      for (const { key, field, offset } of places) field.write(view, at + offset, values[key]);
    },
  };
};

/** A record of bytes that begin at `at`. */
export const readRecord = <T>(field: Field<T>, bytes: Uint8Array, at = 0): T =>
  field.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);

export const recordBytes = <T>(field: Field<T>, value: T): Uint8Array => {
  const bytes = new Uint8Array(field.size);
  field.write(new DataView(bytes.buffer), 0, value);
  return bytes;
};

/** Names for the numbers that a field may hold. */
export interface Codes<Name extends string> {
  /** Of the C enum, and of its values. */
  readonly name: string;
  readonly prefix: string;
  readonly text: string;
  readonly of: Readonly<Record<Name, number>>;
  readonly nameOf: (code: number) => Name | null;
}

export const codes = <const C extends Readonly<Record<string, number>>>(
  name: string,
  prefix: string,
  text: string,
  of: C,
): Codes<keyof C & string> => {
  const names = new Map(Object.entries(of).map(([key, code]) => [code, key as keyof C & string]));
  return { name, prefix, text, of, nameOf: (code) => names.get(code) ?? null };
};
