#!/usr/bin/env node
/** The `ptfe` program; its commands stand in commands/. */
import { runSubcommand } from './cli/index.js';

// `ptfe disasm FILE | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exitCode = 2;
});

process.exitCode = runSubcommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}),
});
