/** Text of the C headers in delegate/generated/. */

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
