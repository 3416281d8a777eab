/** `ptfe doctor`: what of ptfe is here and works on this machine, and which options exist. */
import { at } from '../in_range.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { engineVersion } from '../version.js';
import { allowedOf, type DelegateOption, delegateOptions, variableOf } from '../wire/delegate_options.js';
import { badUsage, readArguments } from './arguments.js';
import { engineFile, libraryFile, loadAddon } from './installation.js';
import { printJson, type Subcommand } from './subcommand.js';

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

/** Columns as wide as their widest cell. */
const tableLines = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, at(row, column).length), 0),
  );
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(at(widths, column))).join(' ')}`.trimEnd());
};

const stateWidth = 6;

const findingText = ({ what, state, text, cure }: Finding, width: number): string =>
  [
    `  ${what.padEnd(width)} ${state.padEnd(stateWidth)} ${text}\n`,
    ...(cure === null ? [] : [`${' '.repeat(width + stateWidth + 4)}-> ${cure}\n`]),
  ].join('');

export const doctorCommand: Subcommand = {
  name: 'doctor',
  summary: 'what of ptfe is here and works, and which options exist',
  usage,
  run: (args, terminal) => {
    const { flags, positionals } = readArguments('doctor', args, { json: { type: 'boolean' } });
    if (positionals.length > 0) throw badUsage('doctor', 'it takes no file');
    const { env: environment } = process;
    const findings = examine({ library: libraryFile, engine: engineFile, loadAddon, environment });
    const options = optionRows();
    const works = findings.every(({ state }) => state !== 'failed');
    if (flags.has('json')) printJson(terminal, { version: engineVersion, works, findings, options });
    else {
      terminal.out(`ptfe ${engineVersion}\n`);
      const width = findings.reduce((most, { what }) => Math.max(most, what.length), 0);
      for (const finding of findings) terminal.out(findingText(finding, width));
      terminal.out('options of load_delegate, or the environment:\n');
      for (const line of tableLines(options.map(optionCells))) terminal.out(`${line}\n`);
    }
    return works ? 0 : 1;
  },
};
