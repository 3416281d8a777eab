/** Arguments of a subcommand, by node's parseArgs; what does not fit is a PtfeError that names what does. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { PtfeError } from '../error.js';
import type { Trust } from '../ops/rule.js';
import type { Precision } from '../fuse/fuse.js';
import type { PartChoice } from '../partition/check.js';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly positionals: readonly string[];
}

const firstSentence = (text: string): string => text.replace(/\. To specify .*/s, '').replace(/\n.*/s, '');

export const badUsage = (command: string, text: string): PtfeError =>
  new PtfeError('bad-usage', command, text, `ptfe ${command} --help`);

/** @throws PtfeError `bad-usage` */
export const readArguments = (command: string, args: readonly string[], options: Options): Arguments => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const entries = Object.entries(values);
    return {
      flags: new Set(entries.filter(([, value]) => value === true).map(([name]) => name)),
      values: Object.fromEntries(
        entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
      ),
      positionals,
    };
  } catch (error) {
    throw badUsage(command, firstSentence(error instanceof Error ? error.message : String(error)));
  }
};

export const onePositional = (command: string, { positionals }: Arguments, what: string): string => {
  const [only, ...more] = positionals;
  if (only === undefined) throw badUsage(command, `no ${what} given`);
  if (more.length > 0) throw badUsage(command, `one ${what} at a time, not ${positionals.length}`);
  return only;
};

export const trustOption = (command: string, { values }: Arguments): Trust => {
  const { trust = 'inferred' } = values;
  if (trust === 'inferred' || trust === 'seen') return trust;
  throw badUsage(command, `--trust ${trust}: only inferred and seen are known`);
};

/** `--parts`: which parts are taken. */
export const partsOption = (command: string, { values }: Arguments): PartChoice => {
  const { parts = 'worthwhile' } = values;
  if (parts === 'worthwhile' || parts === 'all') return parts;
  throw badUsage(command, `--parts ${parts}: only worthwhile and all are known`);
};

/** `--precision`: as few tasks as come within a count of TFLite, or every value where the hardware can. */
export const precisionOption = (command: string, { values }: Arguments): Precision => {
  const { precision = 'fast' } = values;
  if (precision === 'fast' || precision === 'best') return precision;
  throw badUsage(command, `--precision ${precision}: only fast and best are known`);
};
