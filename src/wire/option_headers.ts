/** The delegate's options for C: numbers for all, and the table that delegate/util/options.c walks. */
import { numericsNames } from '../graph/numerics.js';
import { header } from './c_text.js';
import { allowedOf, type DelegateOption, delegateOptions, foreignOptions, variableOf } from './delegate_options.js';

const options: readonly DelegateOption[] = delegateOptions;
const source = 'src/wire/delegate_options.ts';

const upper = (name: string): string => name.replace(/\W/g, '_').toUpperCase();
const quoted = (text: string): string => JSON.stringify(text);
const idOf = ({ name }: DelegateOption): string => `OPTION_${upper(name)}`;

const idsHeader = header('option_ids.h', source, [
  'enum option_id {',
  ...options.map((option) => `    ${idOf(option)},`),
  '    OPTION_COUNT',
  '};',
  '',
  '/* The releases of TFLite whose numbers plans can give (src/graph/numerics.ts). */',
  'enum numerics {',
  ...numericsNames.map((name) => `    NUMERICS_${upper(name)},`),
  '    NUMERICS_COUNT',
  '};',
]);

const listOf = (words: readonly string[]): string => `{${[...words.map(quoted), 'NULL'].join(', ')}}`;

const wordLists = options.flatMap((option) => {
  const { name, kind } = option;
  if (kind.is !== 'words') return [];
  const { words, later = [] } = kind;
  return [
    `static const char *const option_${name}_words[] = ${listOf(words)};`,
    ...(later.length === 0 ? [] : [`static const char *const option_${name}_later[] = ${listOf(later)};`]),
  ];
});

const kindFields = ({ name, kind }: DelegateOption): readonly string[] => {
  switch (kind.is) {
    case 'words':
      return [
        `.words = option_${name}_words`,
        ...(kind.later === undefined || kind.later.length === 0 ? [] : [`.later = option_${name}_later`]),
      ];
    case 'number':
      return [`.least = ${kind.least}`, `.most = ${kind.most}`];
    case 'file':
      return [
        ...(kind.word === undefined ? [] : [`.no_file = ${quoted(kind.word)}`]),
        ...(kind.searched === true ? ['.searched = 1'] : []),
      ];
    case 'facts':
      return [];
  }
};

const rowOf = (option: DelegateOption): readonly string[] => [
  `    [${idOf(option)}] = {`,
  `        .name = ${quoted(option.name)}, .variable = ${quoted(variableOf(option))}, .initial = ${quoted(option.initial)},`,
  ...(option.alias === undefined ? [] : [`        .alias = ${quoted(option.alias)},`]),
  `        .allowed = ${quoted(allowedOf(option))},`,
  `        ${[`.kind = OPTION_KIND_${upper(option.kind.is)}`, ...kindFields(option), ...(option.sent ? ['.sent = 1'] : [])].join(', ')},`,
  '    },',
];

const tableHeader = header('option_table.h', source, [
  '#include <stddef.h>',
  '',
  '#include "option_ids.h"',
  '',
  'enum option_kind { OPTION_KIND_WORDS, OPTION_KIND_NUMBER, OPTION_KIND_FILE, OPTION_KIND_FACTS };',
  '',
  'typedef struct option_info {',
  '    const char *name, *variable, *initial;',
  '    const char *alias;   /* another key, or NULL */',
  '    const char *allowed; /* for people */',
  '    enum option_kind kind;',
  '    const char *const *words; /* to NULL */',
  '    const char *const *later; /* what is refused with another sentence, or NULL */',
  '    long least, most;',
  '    const char *no_file; /* a word in place of a file, or NULL */',
  '    int searched;        /* a name without a slash is for PATH */',
  '    int sent;            /* goes to the engine */',
  '} option_info;',
  '',
  ...wordLists,
  `static const char *const numerics_names[NUMERICS_COUNT] = {${numericsNames.map(quoted).join(', ')}};`,
  '',
  'static const option_info option_table[OPTION_COUNT] = {',
  ...options.flatMap(rowOf),
  '};',
]);

const foreignHeader = header('foreign_options.h', source, [
  '/* Options and variables of other delegates, which have no effect here. */',
  `enum { FOREIGN_OPTION_COUNT = ${foreignOptions.length} };`,
  '',
  'static const struct {',
  '    const char *name, *whose, *instead;',
  '} foreign_options[FOREIGN_OPTION_COUNT] = {',
  ...foreignOptions.map(({ name, whose, instead }) => `    {${[name, whose, instead].map(quoted).join(', ')}},`),
  '};',
]);

export const optionHeaders: readonly (readonly [file: string, text: string])[] = [
  ['option_ids.h', idsHeader],
  ['option_table.h', tableHeader],
  ['foreign_options.h', foreignHeader],
];
