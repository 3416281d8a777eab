/** What the delegate knows of TFLite's operators and types, as C: made of `tflite/operators.ts` and `tflite/types.ts`. */
import {
  activation,
  entryOf,
  type OperatorName,
  operatorNames,
  type OptionField,
  optionTables,
  padding,
} from '../tflite/operators.js';
import { tfliteTypes } from '../tflite/types.js';
import { enumLines, header, layoutAsserts, snake } from './c_text.js';

/** An option in its C struct. */
interface Placed {
  readonly name: string;
  readonly field: OptionField;
  readonly offset: number;
}

const bytesOf = ({ kind }: OptionField): number => (kind === 'bool' ? 1 : 4);
const alignedTo = (at: number, unit: number): number => Math.ceil(at / unit) * unit;

const placedFields = (table: keyof typeof optionTables): readonly Placed[] => {
  let end = 0;
  return Object.entries<OptionField>(optionTables[table].fields).map(([name, field]) => {
    const offset = alignedTo(end, bytesOf(field));
    end = offset + bytesOf(field);
    return { name, field, offset };
  });
};

const structOf = (table: string): string => `tfl_${snake(table)}`;
const cTypes = { i32: 'int32_t', enum: 'int32_t', padding: 'int32_t', f32: 'float', bool: 'uint8_t' } as const;

const structLines = (table: keyof typeof optionTables): readonly string[] => {
  const placed = placedFields(table);
  const size = placed.reduce((end, { field, offset }) => Math.max(end, offset + bytesOf(field)), 0);
  const unit = placed.reduce((most, { field }) => Math.max(most, bytesOf(field)), 1);
  return [
    '',
    `typedef struct ${structOf(table)} {`,
    ...placed.map(({ name, field }) => `    ${cTypes[field.kind]} ${snake(name)};`),
    `} ${structOf(table)};`,
    ...layoutAsserts(
      structOf(table),
      alignedTo(size, unit),
      placed.map(({ name, offset }) => [snake(name), offset]),
    ),
  ];
};

const tables = Object.keys(optionTables) as (keyof typeof optionTables)[];

const operatorsHeader = header('operators.h', 'src/tflite/operators.ts', [
  '#include <stddef.h>',
  '#include <stdint.h>',
  '',
  'enum tfl_builtin {',
  ...operatorNames.map((name, builtinCode) => `    TFL_${name} = ${builtinCode},`),
  '};',
  '',
  ...enumLines('tfl_padding', 'TFL_PADDING', padding),
  ...enumLines('tfl_activation', 'TFL_ACTIVATION', activation),
  '',
  "/* What nodes hold of their built-in options. TFLite's own structs may go on behind these fields. */",
  ...tables.flatMap(structLines),
]);

const namesHeader = header('operator_names.h', 'src/tflite/operators.ts', [
  '/* By built-in code. */',
  `#define TFL_OPERATOR_COUNT ${operatorNames.length}`,
  '',
  'static const char *const tfl_operator_names[TFL_OPERATOR_COUNT] = {',
  ...operatorNames.map((name) => `    "${name}",`),
  '};',
]);

const firstVersion = 1;

const rows = operatorNames.flatMap((op) => {
  const { options } = entryOf(op);
  return options === undefined ? [] : [{ op, placed: placedFields(options) }];
});

const rowText = ({ op, placed }: { readonly op: OperatorName; readonly placed: readonly Placed[] }): string => {
  const options = placed.map(
    ({ field, offset }) => `{${offset}, ${field.kind === 'bool' ? 1 : 0}, ${field.since ?? firstVersion}}`,
  );
  return `    {TFL_${op}, ${placed.length}, {${options.join(', ')}}},`;
};

const optionsHeader = header('operator_options.h', 'src/tflite/operators.ts', [
  '#include "operators.h"',
  '',
  '/* An option in the C struct of its operator: int32, or the bits of a float, or a bool. */',
  'typedef struct tfl_option {',
  '    uint8_t offset, is_bool;',
  "    uint8_t since; /* the operator's version: an older TFLite's struct may end before it */",
  '} tfl_option;',
  '',
  `enum { TFL_MOST_OPTIONS = ${Math.max(...rows.map(({ placed }) => placed.length))} };`,
  '',
  'typedef struct tfl_operator_options {',
  '    int32_t code;',
  '    uint32_t count;',
  '    tfl_option options[TFL_MOST_OPTIONS];',
  '} tfl_operator_options;',
  '',
  '/* The options that go into the graph message, in its order. */',
  'static const tfl_operator_options tfl_operators_with_options[] = {',
  ...rows.map(rowText),
  '};',
]);

const types = Object.entries(tfliteTypes).sort(([, a], [, b]) => a.api - b.api);
const sizes = [...new Set(types.map(([, { bytes }]) => bytes))].filter((bytes) => bytes > 0).sort((a, b) => a - b);

const typesHeader = header('element_types.h', 'src/tflite/types.ts', [
  '#include <stddef.h>',
  '#include <stdint.h>',
  '',
  "/* TFLite's numbers of element types (tensorflow/lite/core/c/c_api_types.h); plans use them too, on any machine. */",
  ...enumLines('tfl_type', 'TFL', Object.fromEntries(types.map(([name, { api }]) => [name, api]))),
  '',
  '/* Bytes of one element; 0 where elements have no fixed size. */',
  'static inline size_t tfl_element_bytes(int32_t type) {',
  '    switch (type) {',
  ...sizes.flatMap((size) => [
    ...types.filter(([, { bytes }]) => bytes === size).map(([name]) => `    case TFL_${name.toUpperCase()}:`),
    `        return ${size};`,
  ]),
  '    default:',
  '        return 0;',
  '    }',
  '}',
]);

export const operatorHeaders: readonly (readonly [file: string, text: string])[] = [
  ['operators.h', operatorsHeader],
  ['operator_names.h', namesHeader],
  ['operator_options.h', optionsHeader],
  ['element_types.h', typesHeader],
];
