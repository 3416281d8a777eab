/** What a subcommand of `ptfe` is. Text goes through the terminal, so that tests run commands in their own process. */
import type { CommandOptions } from './arguments.js';

/** 0: done. 1: done, and the answer is negative. 2: bad input or usage. */
export type ExitCode = 0 | 1 | 2;

/** What a word means, for its colour. */
export type Tone = 'good' | 'fair' | 'bad';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard output, of a command whose file is `-`. */
  readonly outBytes: (bytes: Uint8Array) => void;
  /** Columns; absent where the output goes into a file or a pipe: nothing is cut or wrapped there. */
  readonly width?: number;
  /** Absent where there are no colours. */
  readonly paint?: (tone: Tone, text: string) => string;
}

export interface Subcommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `ptfe NAME --help` prints: the call, then what it does, its options and exit codes. */
  readonly usage: string;
  /** All that it takes, whatever its topic. */
  readonly options: CommandOptions;
  /** Words that its first argument can be. */
  readonly topics?: readonly string[];
  /** @throws PtfeError for bad input or usage */
  readonly run: (args: readonly string[], terminal: Terminal) => ExitCode;
}

export const painted = ({ paint }: Terminal, tone: Tone, text: string): string =>
  paint === undefined ? text : paint(tone, text);

/** The machine-readable form of an answer. */
export const printJson = ({ out }: Terminal, value: unknown): void => out(`${JSON.stringify(value, null, 2)}\n`);
