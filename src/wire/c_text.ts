/** Text of the C headers in delegate/generated/. */
import type { AnyRecord, Codes, Field } from './record.js';
import { type AnySequence, isField, type Part } from './sequence.js';

/** `strideW` and `Conv2DOptions` as stride_w and conv_2d_options. */
export const snake = (name: string): string =>
  (name.match(/\d+D|[A-Z]?[a-z_]+\d*(?!D)|[A-Z]+\d*(?![a-z])/g) ?? []).join('_').toLowerCase();

/** A header that says which source it is made of. */
export const header = (name: string, source: string, lines: readonly string[]): string => {
  const guard = `PTFE_GENERATED_${name.replace('.', '_').toUpperCase()}`;
  return [
    `/* Generated from ${source} by \`npm run generate\`; do not edit. */`,
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    ...lines,
    '',
    '#endif',
    '',
  ].join('\n');
};

/** enum `name` with a value for each entry. */
export const enumLines = (
  name: string,
  prefix: string,
  values: Readonly<Record<string, number>>,
): readonly string[] => [
  `enum ${name} {`,
  ...Object.entries(values).map(([key, value]) => `    ${prefix}_${snake(key).toUpperCase()} = ${value},`),
  '};',
];

/** What a C compiler must make of a struct: its size, and where each field stands. */
export const layoutAsserts = (
  struct: string,
  size: number,
  offsets: readonly (readonly [field: string, offset: number])[],
): readonly string[] => [
  `_Static_assert(sizeof(${struct}) == ${size}, "${struct}");`,
  ...offsets.map(
    ([field, offset]) => `_Static_assert(offsetof(${struct}, ${field}) == ${offset}, "${struct}.${field}");`,
  ),
];

const lineWidth = 118;

/** A comment of lines that are not too long. */
export const comment = (text: string): readonly string[] => {
  if (text.length <= lineWidth - 6) return [`/* ${text} */`];
  const lines = text.split(' ').reduce<readonly string[]>((done, word) => {
    const last = done.at(-1);
    return last === undefined || last.length + 1 + word.length > lineWidth - 3
      ? [...done, word]
      : [...done.slice(0, -1), `${last} ${word}`];
  }, []);
  return ['/*', ...lines.map((line) => ` * ${line}`), ' */'];
};

/** A record as a struct, and that a C compiler lays it out as the table says. */
export const recordLines = ({ name, text, fields, size, offsets }: AnyRecord): readonly string[] => [
  '',
  ...comment(text),
  `typedef struct ${name} {`,
  ...Object.entries(fields).map(([key, field]) => `    ${field.declare(snake(key))};`),
  `} ${name};`,
  ...layoutAsserts(
    name,
    size,
    Object.entries(offsets).map(([key, offset]) => [snake(key), offset]),
  ),
];

export const codesLines = ({ name, prefix, text, of }: Codes<string>): readonly string[] => [
  '',
  ...comment(text),
  ...enumLines(name, prefix, of),
];

/** Numbers as unsigned macros. */
export const macroLines = (prefix: string, values: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(values).map(([key, value]) => `#define ${prefix}_${snake(key).toUpperCase()} ${value}u`);

/** Structs of values that stand elsewhere, and the functions that put them into bytes and take them out of a cursor. */
export const sequenceLines = ({ name, text, parts }: AnySequence): readonly string[] => {
  const entries = Object.entries(parts).map(([key, part]) => ({ key: snake(key), ...inC(part) }));
  return [
    '',
    ...comment(text),
    `typedef struct ${name} {`,
    ...entries.map(({ key, declare }) => `    ${declare(key)};`),
    `} ${name};`,
    '',
    `static inline void ${name}_put(bytes *to, const ${name} *from) {`,
    ...entries.map(({ key, put }) => `    ${put}(to, from->${key});`),
    '}',
    '',
    `static inline void ${name}_take(cursor *from, ${name} *to) {`,
    ...entries.map(({ key, take }) => `    to->${key} = ${take}(from);`),
    '}',
  ];
};

interface PartInC {
  readonly declare: (name: string) => string;
  readonly put: string;
  readonly take: string;
}

const inC = (part: Field<unknown> | Part<unknown>): PartInC => {
  if (isField(part)) {
    const type = part.declare('').replace(/^u?int32_t $/, (found) => (found.startsWith('u') ? 'u32' : 'i32'));
    if (type !== 'u32' && type !== 'i32') throw new Error(`no ${type} in a sequence for C`);
    return { declare: part.declare, put: `bytes_${type}`, take: `cursor_${type}` };
  }
  if (part.c === null) throw new Error('a list of sequences has no struct in C');
  const type = part.c;
  return { declare: (name) => `${type} ${name}`, put: `bytes_${type}`, take: `cursor_${type}` };
};
