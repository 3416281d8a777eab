/**
 * Sequences: little-endian values of which some are as long as they say. A table of parts says what a sequence is; what reads
 * and writes it, its TypeScript type, and the C struct with the functions that put and take it (`c_text.ts`) are made of it.
 */
import type { Cursor } from './cursor.js';
import { type Field, f32, i32, u32 } from './record.js';
import type { Writer } from './writer.js';

/** A part whose length is in the bytes. */
export interface Part<T> {
  /** The C type, and the functions for it in delegate/util/bytes.h and cursor.h. */
  readonly c: 'u32_list' | 'i32_list' | 'f32_list' | 'byte_run' | null;
  take(from: Cursor): T;
  put(to: Writer, value: T): void;
}

export type Parts = Readonly<Record<string, Field<unknown> | Part<unknown>>>;
export type PartValue<P> = P extends Part<infer T> ? T : P extends Field<infer T> ? T : never;
export type PartValues<P extends Parts> = { readonly [K in keyof P]: PartValue<P[K]> };

export interface Sequence<P extends Parts> extends Part<PartValues<P>> {
  readonly name: string;
  readonly text: string;
  readonly parts: P;
}

export type AnySequence = Sequence<Parts>;

export const isField = (part: Field<unknown> | Part<unknown>): part is Field<unknown> => 'declare' in part;

const listOf = (field: Field<number>, c: Part<never>['c']): Part<readonly number[]> => ({
  c,
  take: (from) => from.list(from.field(u32), () => from.field(field)),
  put: (to, values) => {
    to.field(u32, values.length);
    for (const value of values) to.field(field, value);
  },
});

/** u32 count, then as many values. */
export const u32s = listOf(u32, 'u32_list');
export const i32s = listOf(i32, 'i32_list');
export const f32s = listOf(f32, 'f32_list');

/** u32 length, the bytes, zeros to a multiple of 4. */
export const run: Part<Uint8Array> = {
  c: 'byte_run',
  take: (from) => from.run(),
  put: (to, bytes) => to.run(bytes),
};

/** A run that is text. */
export const text: Part<string> = {
  c: 'byte_run',
  take: (from) => new TextDecoder().decode(from.run()),
  put: (to, value) => to.run(new TextEncoder().encode(value)),
};

/** u32 count, then as many of a part. */
export const many = <T>(part: Part<T>): Part<readonly T[]> => ({
  c: null,
  take: (from) => from.list(from.field(u32), () => part.take(from)),
  put: (to, values) => {
    to.field(u32, values.length);
    for (const value of values) part.put(to, value);
  },
});

/** @param name of the C struct */
export const sequence = <const P extends Parts>(name: string, what: string, parts: P): Sequence<P> => {
  const entries = Object.entries(parts);
  return {
    c: null,
    name,
    text: what,
    parts,
    take: (from) => {
      const values: Record<string, unknown> = {};
      for (const [key, part] of entries) values[key] = isField(part) ? from.field(part) : part.take(from);
      return values as PartValues<P>;
    },
    put: (to, value) => {
      const values: Readonly<Record<string, unknown>> = value;
      for (const [key, part] of entries) {
        if (isField(part)) to.field(part, values[key]);
        else part.put(to, values[key]);
      }
    },
  };
};
