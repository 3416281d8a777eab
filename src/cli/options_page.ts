/** docs/options.md and README's table of options: `wire/delegate_options.ts` for people. */
import { allowedOf, type DelegateOption, delegateOptions, variableOf } from '../wire/delegate_options.js';

const options: readonly DelegateOption[] = delegateOptions;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** @param nameOf how an option is called in the first column */
const tableLines = (nameOf: (name: string) => string, without: string): readonly string[] => [
  '| option | variable | values | default | for |',
  '| --- | --- | --- | --- | --- |',
  ...options.map((option) => {
    const { name, initial, text } = option;
    const values = allowedOf(option).replace(/[<>]/g, '');
    const cells = [
      nameOf(name),
      `\`${variableOf(option)}\``,
      values,
      initial === '' ? without : `\`${initial}\``,
      text,
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  }),
];

/** With a link to each option's section in docs/options.md. */
export const optionsTable = (): readonly string[] => tableLines((name) => `[${name}](docs/options.md#${name})`, '');

const section = (option: DelegateOption): readonly string[] => {
  const { name, text, more, example } = option;
  return [
    `## ${name}`,
    `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}. ${more}`,
    '',
    `    load_delegate(path, {"${name}": "${example}"})`,
    `    ${variableOf(option)}=${example} python3 program.py`,
    '',
  ];
};

export const optionsPage = (): string =>
  [
    '# Options of the delegate',
    '',
    'Made by `npm run generate` from `src/wire/delegate_options.ts`.',
    '',
    'An option goes in through the host, `load_delegate("libptfe.so", {"verbose": 1})`, or as an environment variable; the host',
    'wins. Names of files count from the folder where the delegate is made; `~/` is the home folder. A program with more rights',
    'than its user reads no variables. An unknown option or value is one line (docs/troubleshooting.md), and no delegate.',
    '',
    ...tableLines((name) => `[${name}](#${name})`, '(see below)'),
    '',
    ...options.flatMap(section),
  ]
    .join('\n')
    .trimEnd() + '\n';
