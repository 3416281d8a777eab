/** Arguments of a subcommand, by node's parseArgs; what does not fit is a PtfeError that names what does. */
// As a whole: an older Node must get as far as saying that it is too old.
import * as util from 'node:util';
import { PtfeError } from '../error.js';
import { newestNumerics, type Numerics } from '../graph/numerics.js';
import { rk3588 } from '../hardware/chips.js';
import type { Trust } from '../hardware/fact.js';
import { interruptCpus, type MachineOptions } from '../hardware/machine.js';
import type { Precision } from '../fuse/fuse.js';
import { didYouMean } from '../explain/nearest.js';
import { readSentOptions, type SentOptions, sentWords } from '../wire/sent_options.js';
import type { PartChoice } from '../compile.js';

/** What a command takes, as node's parseArgs wants it. */
export type CommandOptions = NonNullable<util.ParseArgsConfig['options']>;

export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly positionals: readonly string[];
}

const firstSentence = (text: string): string => text.replace(/\. To specify .*/s, '').replace(/\n.*/s, '');

export const badUsage = (command: string, text: string): PtfeError =>
  new PtfeError('bad-usage', command, text, `ptfe ${command} --help`);

/** `--task -1` is `--task=-1`, and `-o -` names a file: parseArgs takes both for options of their own. */
const joinedValues = (args: readonly string[], options: CommandOptions): readonly string[] =>
  args.flatMap((argument, i) => {
    const takesValue = (one: string | undefined): boolean =>
      Object.entries(options).some(
        ([name, { type, short }]) => type === 'string' && (one === `--${name}` || one === `-${short ?? name}`),
      );
    const isValue = /^-(\d.*)?$/.test(argument) && takesValue(args[i - 1]);
    if (isValue) return [];
    const next = args[i + 1];
    if (!takesValue(argument) || next === undefined || !/^-(\d.*)?$/.test(next)) return [argument];
    const name = Object.entries(options).find(([, { short }]) => argument === `-${short ?? ''}`)?.[0];
    return [`${name === undefined ? argument : `--${name}`}=${next}`];
  });

/** `-`: standard output. */
export const stream = '-';

/** The file that a command writes. @throws PtfeError `bad-usage` */
export const outputOption = (command: string, { values, flags }: Arguments): string | undefined => {
  const { output } = values;
  if (output === '') throw badUsage(command, '-o needs the name of a file, or - for standard output');
  if (output === stream && flags.has('json')) throw badUsage(command, '-o - and --json: both are standard output');
  return output;
};

/** @throws PtfeError `bad-usage` */
export const readArguments = (command: string, args: readonly string[], options: CommandOptions): Arguments => {
  try {
    const { values, positionals } = util.parseArgs({
      args: [...joinedValues(args, options)],
      options,
      allowPositionals: true,
      strict: true,
    });
    const entries = Object.entries(values);
    return {
      flags: new Set(entries.filter(([, value]) => value === true).map(([name]) => name)),
      values: Object.fromEntries(
        entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
      ),
      positionals,
    };
  } catch (error) {
    const text = firstSentence(error instanceof Error ? error.message : String(error));
    const [, unknown] = /^Unknown option '-{1,2}([^']+)'/.exec(text) ?? [];
    throw badUsage(command, unknown === undefined ? text : text + didYouMean(unknown, Object.keys(options), '--'));
  }
};

export const onePositional = (command: string, { positionals }: Arguments, what: string): string => {
  const [only, ...more] = positionals;
  if (only === undefined) throw badUsage(command, `no ${what} given`);
  if (more.length > 0) throw badUsage(command, `one ${what} at a time, not ${positionals.length}`);
  return only;
};

/** @param words beside `known`, which are named too @returns null for one of `words` */
const wordOption = <Word extends string>(
  command: string,
  name: string,
  value: string,
  known: readonly Word[],
  words: readonly string[] = [],
): Word | null => {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  if (words.includes(value)) return null;
  const all = [...words, ...known];
  const listed = `${all.slice(0, -1).join(', ')} and ${all.at(-1) ?? ''}`;
  throw badUsage(command, `--${name} ${value}: only ${listed} are known`);
};

const sentOption = <Name extends 'trust' | 'parts' | 'precision' | 'cores'>(
  command: string,
  name: Name,
  { values }: Arguments,
): SentOptions[Name] => {
  const words = sentWords(name);
  const value = values[name];
  return value === undefined ? defaults[name] : (wordOption(command, name, value, words) ?? defaults[name]);
};

/** What the delegate sends where nobody asks for anything else. */
const defaults = readSentOptions([]);

export const trustOption = (command: string, given: Arguments): Trust => sentOption(command, 'trust', given);

/** `--parts`: which parts are taken. */
export const partsOption = (command: string, given: Arguments): PartChoice => sentOption(command, 'parts', given);

/** `--numerics`: a release of TFLite, or null for the one that `auto` finds. */
export const numericsOption = (command: string, { values: { numerics = 'auto' } }: Arguments): Numerics | null =>
  wordOption(command, 'numerics', numerics, sentWords('numerics'), ['auto']);

/** `--precision`: few tasks, fewest tasks, or every value where the hardware can. */
export const precisionOption = (command: string, given: Arguments): Precision =>
  sentOption(command, 'precision', given);

/** Options of every command that compiles a model. */
export const compileFlags = {
  trust: { type: 'string' },
  parts: { type: 'string' },
  precision: { type: 'string' },
  numerics: { type: 'string' },
  clock: { type: 'string' },
  cores: { type: 'string' },
  'busy-cores': { type: 'string' },
  exchange: { type: 'string' },
  'interrupt-cpu': { type: 'string' },
  'interrupt-cpus': { type: 'string' },
} as const satisfies CommandOptions;

const numberOption = (command: string, { values }: Arguments, name: string, most: number): number | undefined => {
  const given = values[name];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < 1 || value > most)
    throw badUsage(command, `--${name} ${given}: a whole number from 1 to ${most} is wanted`);
  return value;
};

/** Faster than any NPU of the family runs. */
const mostMegahertz = 10_000;

/** A wait of a second between two stages, and less than any. */
const mostExchange = 1_000_000;

/** `--clock`, `--busy-cores`, `--exchange`, `--interrupt-cpu`, `--interrupt-cpus`: what estimates are for, and decisions that go by them. */
export const machineOptions = (command: string, given: Arguments, chip = rk3588): MachineOptions => {
  const [megahertz, cores, exchangeMicroseconds, served] = [
    numberOption(command, given, 'clock', mostMegahertz),
    numberOption(command, given, 'busy-cores', chip.cores),
    numberOption(command, given, 'exchange', mostExchange),
    numberOption(command, given, 'interrupt-cpus', chip.cores),
  ];
  const asked = given.values['interrupt-cpu'];
  const interruptCpu = interruptCpus.find((one) => one === asked);
  if (asked !== undefined && interruptCpu === undefined)
    throw badUsage(command, `--interrupt-cpu ${asked}: only ${interruptCpus.join(' and ')} are known`);
  return {
    ...(megahertz === undefined ? {} : { megahertz }),
    ...(cores === undefined ? {} : { cores }),
    ...(interruptCpu === undefined ? {} : { interruptCpu }),
    ...(exchangeMicroseconds === undefined ? {} : { exchangeMicroseconds }),
    ...(served === undefined ? {} : { interruptCpus: served }),
  };
};

/** What `compileFlags` ask for; without `--numerics` the numbers of the newest release. */
export const compileOptions = (command: string, given: Arguments) => ({
  trust: trustOption(command, given),
  parts: partsOption(command, given),
  precision: precisionOption(command, given),
  numerics: numericsOption(command, given) ?? newestNumerics,
  machine: machineOptions(command, given),
  cores: sentOption(command, 'cores', given),
});
