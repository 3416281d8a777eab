/** The subcommands, and what surrounds each: help, the version, errors as one line. */
import { PtfeError } from '../error.js';
import { engineVersion } from '../version.js';
import { checkCommand } from './check.js';
import { compareCommand } from './compare.js';
import { compileCommand } from './compile.js';
import { cutCommand } from './cut.js';
import { disasmCommand } from './disasm.js';
import { doctorCommand } from './doctor.js';
import { dumpCommand } from './dump.js';
import { estimateCommand } from './estimate.js';
import { npuCommand } from './npu.js';
import { profileCommand } from './profile.js';
import { reportCommand } from './report.js';
import { selftestCommand } from './selftest.js';
import { streamCommand } from './stream.js';
import type { ExitCode, Subcommand, Terminal } from './subcommand.js';

/** One file each in this folder; a new one is a line here. */
const subcommands: readonly Subcommand[] = [
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
];

const help = [
  'ptfe COMMAND [ARGUMENTS]',
  '',
  ...subcommands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`),
  '',
  'ptfe COMMAND --help tells more. Exit codes: 0 success; 1 negative result; 2 usage or input error.',
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

const wantsHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h');

/** Runs `ptfe ARGV`. Nothing is thrown. */
export const runSubcommand = (argv: readonly string[], terminal: Terminal): ExitCode => {
  const [name, ...args] = argv;
  if (name === undefined) {
    terminal.err(help);
    return 2;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(subcommands.find((one) => one.name === args[0])?.usage ?? help);
    return 0;
  }
  if (name === '--version' || name === 'version') {
    terminal.out(`ptfe ${engineVersion}\n`);
    return 0;
  }
  const subcommand = subcommands.find((one) => one.name === name);
  if (subcommand === undefined) {
    const known = subcommands.map((one) => one.name).join(', ');
    terminal.err(`ptfe: no command "${name}" (commands: ${known})\n`);
    return 2;
  }
  if (wantsHelp(args)) {
    terminal.out(subcommand.usage);
    return 0;
  }
  try {
    return subcommand.run(args, terminal);
  } catch (error) {
    terminal.err(errorLine(name, error));
    return 2;
  }
};
