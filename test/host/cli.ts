import { expect } from 'chai';
import { runSubcommand } from '../../src/cli/index.js';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A subcommand of `ptfe` in this process. */
export const ptfe = (...argv: readonly string[]): Answer => {
  let [out, err] = ['', ''];
  const code = runSubcommand(argv, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    outBytes: (bytes) => void (out += Buffer.from(bytes).toString('latin1')),
  });
  return { code, out, err };
};

/** One line on stderr, nothing on stdout, exit code 2, no stack. */
export const expectRefused = (answer: Answer, ...parts: readonly string[]): void => {
  expect(answer.code, answer.err).to.equal(2);
  expect(answer.out).to.equal('');
  expect(answer.err).to.match(/^ptfe[^\n]*\n$/);
  expect(answer.err).to.not.match(/\bat .*:\d+:\d+/);
  for (const part of parts) expect(answer.err).to.contain(part);
};
