/** `ptfe man`: the manual page, from what the commands say of themselves. */
import { engineVersion } from '../version.js';
import { allowedOf, type DelegateOption, delegateOptions, variableOf } from '../wire/delegate_options.js';
import { badUsage, readArguments } from './arguments.js';
import type { Subcommand } from './subcommand.js';

const usage = `ptfe man

Prints the manual page, for man: ptfe man > ~/.local/share/man/man1/ptfe.1
Exit codes: 0 success; 2 usage error.
`;

/** A line that roff does not take for a request, with hyphens that can be searched and copied. */
const line = (text: string): string => {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
};

const block = (text: string): readonly string[] => ['.nf', ...text.trimEnd().split('\n').map(line), '.fi'];

const variable = (option: DelegateOption): readonly string[] => [
  '.TP',
  `.B ${line(variableOf(option))}`,
  line(`${option.text} (${allowedOf(option)}${option.initial === '' ? '' : `; default ${option.initial}`})`),
];

const page = (commands: readonly Subcommand[]): string =>
  [
    `.TH PTFE 1 "" "ptfe ${line(engineVersion)}" "User Commands"`,
    '.SH NAME',
    line('ptfe - compile, examine and run TFLite models for Rockchip NPUs'),
    '.SH SYNOPSIS',
    '.B ptfe',
    line('COMMAND [ARGUMENTS] [--json] [--quiet]'),
    '.SH COMMANDS',
    ...commands.flatMap(({ name, summary, usage: text }) => [`.SS ${line(`${name}: ${summary}`)}`, ...block(text)]),
    '.SH OPTIONS OF EVERY COMMAND',
    ...['.TP', '.B \\-h, \\-\\-help', 'what a command does, its options and exit codes'],
    ...['.TP', '.B \\-q, \\-\\-quiet', 'only errors, and the exit code'],
    ...['.TP', '.B \\-V, \\-\\-version', 'the version'],
    '.PP',
    line('- as a file is standard input, or standard output.'),
    '.SH ENVIRONMENT',
    'Of the delegate:',
    ...delegateOptions.flatMap(variable),
    ...['.TP', '.B NO_COLOR', 'no colours'],
    '.SH EXIT STATUS',
    '0 success; 1 negative result; 2 usage or input error.',
    '',
  ].join('\n');

/** @param commands all of ptfe's */
export const manCommand = (commands: () => readonly Subcommand[]): Subcommand => ({
  name: 'man',
  summary: 'the manual page',
  usage,
  options: {},
  run: (args, terminal) => {
    const { positionals } = readArguments('man', args, {});
    if (positionals.length > 0) throw badUsage('man', 'it takes no argument');
    terminal.out(page(commands()));
    return 0;
  },
});
