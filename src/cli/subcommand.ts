/** What a subcommand of `ptfe` is. Text goes through the terminal, so that tests run commands in their own process. */

/** 0: done. 1: done, and the answer is negative. 2: bad input or usage. */
export type ExitCode = 0 | 1 | 2;

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns; absent where the output goes into a file or a pipe: nothing is cut or wrapped there. */
  readonly width?: number;
}

export interface Subcommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `ptfe NAME --help` prints: the call, then what it does, its options and exit codes. */
  readonly usage: string;
  /** @throws PtfeError for bad input or usage */
  readonly run: (args: readonly string[], terminal: Terminal) => ExitCode;
}

/** The machine-readable form of an answer. */
export const printJson = ({ out }: Terminal, value: unknown): void => out(`${JSON.stringify(value, null, 2)}\n`);
