/** `ptfe disasm`: register programs as named registers and fields. */
import { disassemble, type Listing } from '../explain/disassemble.js';
import { listingText } from '../explain/listing_text.js';
import { executionRefusal } from '../explain/executable.js';
import type { Program } from '../explain/program.js';
import { countNames } from '../lab/stream/vendor.js';
import { type CommandOptions, badUsage, onePositional, readArguments, trustOption } from './arguments.js';
import { type Programs, readPrograms } from './programs.js';
import { type ExitCode, printJson, type Subcommand, type Terminal } from './subcommand.js';

const usage = `ptfe disasm PLAN|STREAM|MODEL.tflite|PROGRAMS [--all] [--task N] [--trust seen] [--json]

Lists the tasks of a plan, of a model (compiled here), of a recorded job stream (NAME.json or NAME.json.gz), or of
the vendor's programs (conv-shapes.json): registers and fields by name, addresses as buffer + offset.
A task shows what it changes against the task before; before the first, every register is 0.

  --all         every word of a task in the order of the stream, with its value
  --task N      only task N, counted from 0 through the file
  --trust seen  for a model: only register words that were seen on silicon or in a shipped driver
  --json        the listing as JSON
Exit codes: 0 success; 1 there is no task; 2 usage or input error.
`;

const taskCount = ({ programs }: Programs): number => programs.reduce((sum, { tasks }) => sum + tasks.length, 0);

const taskOption = (text: string | undefined, programs: Programs): number | undefined => {
  if (text === undefined) return undefined;
  const count = taskCount(programs);
  if (!/^\d+$/.test(text) || Number(text) >= count)
    throw badUsage('disasm', `--task ${text}: the file has ${count} tasks, numbered from 0`);
  return Number(text);
};

/** Listings with the task wanted; tasks are numbered through all programs of the file. */
const listings = ({ programs }: Programs, all: boolean, task: number | undefined): readonly Listing[] => {
  const made: Listing[] = [];
  let first = 0;
  for (const program of programs) {
    const end = first + program.tasks.length;
    if (task === undefined || (task >= first && task < end)) {
      const listing = disassemble(program, task === undefined ? { all } : { all, task: task - first });
      const shift = first;
      made.push({ ...listing, tasks: listing.tasks.map((one) => ({ ...one, index: one.index + shift })) });
    }
    first = end;
  }
  return made;
};

const vendorLine = (program: Program): string => {
  const { named, unnamed, unnamedBits } = countNames(program);
  const refusal = executionRefusal(program);
  const executed = refusal === null ? 'can be executed' : `not executed: ${refusal.rule}: ${refusal.text}`;
  return `${program.title}: ${named} writes named, ${unnamed} not, ${unnamedBits} with unnamed bits; ${executed}`;
};

/** The vendor's programs are many: without a task, one line for each and the sums. */
const summarizeVendor = ({ programs }: Programs, json: boolean, terminal: Terminal): ExitCode => {
  const rows = programs.map((program) => ({
    title: program.title,
    chip: program.chip,
    tasks: program.tasks.length,
    ...countNames(program),
    refusal: executionRefusal(program),
  }));
  if (json) {
    printJson(terminal, { kind: 'vendor', programs: rows });
    return 0;
  }
  for (const program of programs) terminal.out(`${vendorLine(program)}\n`);
  for (const chip of new Set(rows.map((row) => row.chip))) {
    const own = rows.filter((row) => row.chip === chip);
    const sum = (key: 'tasks' | 'named' | 'unnamed' | 'unnamedBits'): number => own.reduce((n, row) => n + row[key], 0);
    terminal.out(
      `${chip}: ${own.length} of ${own.length} programs decoded, ${sum('tasks')} tasks, ` +
        `${sum('named')} register writes named, ${sum('unnamed')} not, ${sum('unnamedBits')} with unnamed bits\n`,
    );
  }
  return 0;
};

const taken = {
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  task: { type: 'string' },
  trust: { type: 'string' },
} as const satisfies CommandOptions;

export const disasmCommand: Subcommand = {
  name: 'disasm',
  summary: 'list the register programs of a plan, a model or a recorded stream',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('disasm', args, taken);
    const file = onePositional('disasm', parsed, 'file');
    const programs = readPrograms(file, trustOption('disasm', parsed));
    const [all, json] = [parsed.flags.has('all'), parsed.flags.has('json')];
    const task = taskOption(parsed.values['task'], programs);
    if (taskCount(programs) === 0) {
      if (json) printJson(terminal, { file, kind: programs.kind, programs: [] });
      else terminal.out(`${file}: no task${programs.kind === 'model' ? ' (ptfe check says why)' : ''}\n`);
      return 1;
    }
    if (programs.kind === 'vendor' && task === undefined && !all) return summarizeVendor(programs, json, terminal);
    const made = listings(programs, all, task);
    if (json) printJson(terminal, { file, kind: programs.kind, programs: made });
    else terminal.out(made.map((listing) => listingText(listing, all)).join('\n'));
    return 0;
  },
};
