/** The subcommands, and what surrounds each: help, the version, errors as one line. */
import { PtfeError } from '../error.js';
import { didYouMean } from '../explain/nearest.js';
import { engineVersion } from '../version.js';
import { cacheCommand } from './cache.js';
import { checkCommand } from './check.js';
import { compareCommand } from './compare.js';
import { compileCommand } from './compile.js';
import { completionCommand } from './completion.js';
import { cutCommand } from './cut.js';
import { disasmCommand } from './disasm.js';
import { doctorCommand } from './doctor.js';
import { dumpCommand } from './dump.js';
import { estimateCommand } from './estimate.js';
import { manCommand } from './man.js';
import { npuCommand } from './npu.js';
import { profileCommand } from './profile.js';
import { reportCommand } from './report.js';
import { selftestCommand } from './selftest.js';
import { streamCommand } from './stream.js';
import { type ExitCode, printJson, type Subcommand, type Terminal } from './subcommand.js';

/** One file each in this folder; a new one is a line here. */
export const subcommands: readonly Subcommand[] = [
  compileCommand,
  checkCommand,
  compareCommand,
  cutCommand,
  disasmCommand,
  dumpCommand,
  estimateCommand,
  reportCommand,
  profileCommand,
  streamCommand,
  npuCommand,
  doctorCommand,
  selftestCommand,
  cacheCommand,
  completionCommand(() => subcommands),
  manCommand(() => subcommands),
];

const help = [
  'ptfe COMMAND [ARGUMENTS]',
  '',
  ...subcommands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`),
  '',
  'ptfe COMMAND --help tells more. A file - is standard input or output; --quiet leaves the exit code and errors alone.',
  'Exit codes: 0 success; 1 negative result; 2 usage or input error.',
  '',
].join('\n');

/** One line, whatever went wrong; an error that is not ours is a bug, and says so. */
const errorLine = (name: string, error: unknown): string => {
  if (error instanceof PtfeError && error.code === 'bad-usage') return `ptfe ${error.message}\n`;
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
  return error instanceof PtfeError
    ? `ptfe ${name}: ${text}\n`
    : `ptfe ${name}: a bug in ptfe, please report it with the input: ${text}\n`;
};

/** Options of every command, in front of a bare `--`. */
const isGiven = (args: readonly string[], ...words: readonly string[]): boolean => {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).some((one) => words.includes(one));
};

const quietWords = ['--quiet', '-q'] as const;

/** Without what is for people: JSON, and files on standard output, are for programs. */
const quieted = (args: readonly string[], terminal: Terminal): Terminal =>
  isGiven(args, '--json') ? terminal : { ...terminal, out: () => undefined };

/** What went wrong as data, for a program that asked for data. */
const errorJson = (name: string, error: unknown): unknown => {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof PtfeError)) return { error: { command: name, code: 'internal', message } };
  const { code, where, text, remedy } = error;
  return { error: { command: name, code, where, text, remedy, message } };
};

const unknownCommand = (name: string, terminal: Terminal): ExitCode => {
  const known = subcommands.map((one) => one.name);
  terminal.err(`ptfe: no command "${name}" (commands: ${known.join(', ')})${didYouMean(name, known, 'ptfe ')}\n`);
  return 2;
};

/** Runs `ptfe ARGV`. Nothing is thrown. */
export const runSubcommand = (argv: readonly string[], terminal: Terminal): ExitCode => {
  const [name, ...args] = argv;
  if (name === undefined) {
    terminal.err(help);
    return 2;
  }
  if (['help', '--help', '-h'].includes(name)) {
    const [asked] = args;
    if (asked !== undefined && !subcommands.some((one) => one.name === asked)) return unknownCommand(asked, terminal);
    terminal.out(subcommands.find((one) => one.name === asked)?.usage ?? help);
    return 0;
  }
  if (['--version', '-V', 'version'].includes(name) || isGiven(args, '--version', '-V')) {
    terminal.out(`ptfe ${engineVersion}\n`);
    return 0;
  }
  const subcommand = subcommands.find((one) => one.name === name);
  if (subcommand === undefined) return unknownCommand(name, terminal);
  if (isGiven(args, '--help', '-h')) {
    terminal.out(subcommand.usage);
    return 0;
  }
  const isQuiet = isGiven(args, ...quietWords);
  const rest = isQuiet ? args.filter((one) => !quietWords.some((word) => word === one)) : args;
  try {
    return subcommand.run(rest, isQuiet ? quieted(args, terminal) : terminal);
  } catch (error) {
    if (isGiven(args, '--json')) printJson(terminal, errorJson(name, error));
    terminal.err(errorLine(name, error));
    return 2;
  }
};
