/** `ptfe doctor`: what of ptfe is here and works on this machine, and which options exist. */
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { hanging, tableText } from '../explain/text_table.js';
import { engineVersion } from '../version.js';
import { allowedOf, type DelegateOption, delegateOptions, variableOf } from '../wire/delegate_options.js';
import { type CommandOptions, badUsage, readArguments } from './arguments.js';
import { engineFile, libraryFile, loadAddon } from './installation.js';
import { painted, printJson, type Subcommand, type Terminal, type Tone } from './subcommand.js';

const usage = `ptfe doctor [--json]

Examines what of ptfe is here and whether it works: Node, Python, the library (loaded), the engine (started), the addon, a
model of one op on the software NPU and on the NPU, against the right values; kernel, chip, driver, cores, node, permission,
sandbox, clock and interrupts of an NPU; the cache folder; the PTFE_* variables. A line that is not ok says what to do.

  --json  the answer as JSON
Exit codes: 0 nothing failed; 1 something that should work here does not; 2 bad usage.
`;

interface OptionRow {
  readonly option: string;
  readonly variable: string;
  readonly allowed: string;
  readonly initial: string;
  readonly set: string | null;
  readonly text: string;
}

const optionRows = (): readonly OptionRow[] =>
  delegateOptions.map((option: DelegateOption) => ({
    option: option.name,
    variable: variableOf(option),
    allowed: allowedOf(option),
    initial: option.initial,
    set: process.env[variableOf(option)] ?? null,
    text: option.text,
  }));

const optionCells = ({ option, variable, allowed, initial, set, text }: OptionRow): readonly string[] => {
  const value = set !== null ? `set to ${set}` : initial === '' ? '' : `default ${initial}`;
  return [option, variable, allowed, value, text];
};

const stateWidth = 6;

const tones = { ok: 'good', absent: 'fair', failed: 'bad' } as const satisfies Readonly<Record<Finding['state'], Tone>>;

const findingText = (terminal: Terminal, { what, state, text, cure }: Finding, column: number): string => {
  const width = terminal.width ?? Infinity;
  const name = `  ${what.padEnd(column)} `;
  const word = state.padEnd(stateWidth);
  const [first = '', ...more] = hanging(`${name}${word} `, text, width);
  const indent = `${' '.repeat(column + stateWidth + 4)}-> `;
  const lines = [
    first.replace(name + word, name + painted(terminal, tones[state], word)),
    ...more,
    ...(cure === null ? [] : hanging(indent, cure, width)),
  ];
  return `${lines.join('\n')}\n`;
};

const taken = { json: { type: 'boolean' } } as const satisfies CommandOptions;

export const doctorCommand: Subcommand = {
  name: 'doctor',
  summary: 'what of ptfe is here and works, and which options exist',
  usage,
  options: taken,
  run: (args, terminal) => {
    const { flags, positionals } = readArguments('doctor', args, taken);
    if (positionals.length > 0) throw badUsage('doctor', 'it takes no file');
    const { env: environment } = process;
    const findings = examine({ library: libraryFile, engine: engineFile, loadAddon, environment });
    const options = optionRows();
    const works = findings.every(({ state }) => state !== 'failed');
    if (flags.has('json')) printJson(terminal, { version: engineVersion, works, findings, options });
    else {
      terminal.out(`ptfe ${engineVersion}\n`);
      const width = findings.reduce((most, { what }) => Math.max(most, what.length), 0);
      for (const finding of findings) terminal.out(findingText(terminal, finding, width));
      terminal.out('options of load_delegate, or the environment:\n');
      const columns = ['option', 'variable', 'values', 'is', 'for'].map((head) => ({ head, isText: true }));
      const table = { columns, rows: options.map(optionCells) };
      for (const line of tableText(table, (terminal.width ?? Infinity) - 2)) terminal.out(`  ${line}\n`);
    }
    return works ? 0 : 1;
  },
};
