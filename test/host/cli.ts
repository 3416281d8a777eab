import { runSubcommand } from '../../src/cli/index.js';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A subcommand of `ptfe` in this process. */
export const ptfe = (...argv: readonly string[]): Answer => {
  let [out, err] = ['', ''];
  const code = runSubcommand(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
};
