#!/usr/bin/env node
/** The `ptfe` program; its commands stand in cli/. */
// As a whole: an older Node must get as far as saying that it is too old.
import * as util from 'node:util';
import { reasonOf } from './cli/files.js';
import { runSubcommand } from './cli/index.js';
import type { Tone } from './cli/subcommand.js';

// `ptfe disasm FILE | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`ptfe: standard output: it cannot be written: ${reasonOf(error)}\n`);
  process.exitCode = 2;
});

const colors = { good: 'green', fair: 'yellow', bad: 'red' } as const satisfies Readonly<Record<Tone, string>>;

// hasColors knows NO_COLOR, FORCE_COLOR and TERM.
const { stdout } = process;
const isTerminal = stdout.isTTY;

process.exitCode = runSubcommand(process.argv.slice(2), {
  out: (text) => void stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outBytes: (bytes) => void stdout.write(bytes),
  // A serial console says that it has none.
  ...(isTerminal && stdout.columns > 0 ? { width: stdout.columns } : {}),
  ...(isTerminal && stdout.hasColors()
    ? { paint: (tone: Tone, text: string) => util.styleText(colors[tone], text) }
    : {}),
});
