/**
 * The engine as the delegate's child process: `node engine.mjs serve`. Frames on stdin and stdout (docs/formats.md):
 * `check` with a graph message, then `compile` with the partitions that TFLite made of the supported nodes.
 */
import { readSync, writeSync } from 'node:fs';
import { type CompileOptions, compileRounds, hardwareOf } from './compile.js';
import { PtfeError } from './error.js';
import type { Part } from './graph/graph.js';
import { frameHeader, frameKinds, frameStart, replyMagic, requestMagic } from './wire/engine_protocol.js';
import { type Message, readMessage } from './wire/message.js';
import { readRecord } from './wire/record.js';
import { type Chip, chips, optionName } from './hardware/chips.js';
import { checkGraph } from './partition/check.js';
import { plansPieces, readPartsRun, verdictsRun } from './plan/answer.js';

const { of: kinds } = frameKinds;

/** Reads exactly `length` bytes; null at the end of the stream. */
const readExactly = (length: number): Uint8Array | null => {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const got = readSync(0, bytes, at, length - at, null);
    if (got === 0) return null;
    at += got;
  }
  return bytes;
};

/** Of the loader (scripts/engine-loader.mjs): keeps what V8 has made of the functions that ran. */
declare const keepCode: () => void;

const writeAll = (bytes: Uint8Array): void => {
  let at = 0;
  while (at < bytes.byteLength) at += writeSync(1, bytes, at);
};

const send = (kind: keyof typeof kinds, pieces: readonly Uint8Array[]): void => {
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  writeAll(frameStart(replyMagic, kind, length));
  for (const piece of pieces) writeAll(piece);
};

const chipOf = (word: string): Chip => {
  const chip = chips.find(({ name }) => optionName(name) === word);
  if (chip === undefined) throw new PtfeError('bad-message', 'option chip', `nothing is compiled for ${word}`);
  return chip;
};

/** What was checked, for the partitions that follow. */
interface Checked {
  readonly verdicts: Uint8Array;
  readonly compile: (parts: readonly Part[]) => readonly Uint8Array[];
}

const check = (message: Message): Checked => {
  const { graph } = message;
  const { chip, trust, parts: choice, precision, cores } = message.options;
  const asked: CompileOptions = { chip: chipOf(chip), trust, precision, parts: choice, cores };
  const { rewritten, refused, host } = checkGraph(graph, hardwareOf(asked));
  const compile = compileRounds(rewritten, { ...asked, hosted: new Set(host.keys()) });
  return {
    verdicts: verdictsRun(
      graph.nodes.map(({ index }) => index),
      refused,
    ),
    compile: (parts) => plansPieces(compile(parts)),
  };
};

const serve = (): void => {
  let checked: Checked | null = null;
  for (;;) {
    const header = readExactly(frameHeader.size);
    if (header === null) return;
    const { magic, kind, length } = readRecord(frameHeader, header);
    if (magic !== requestMagic) throw new PtfeError('bad-message', 'engine', 'a frame without the request magic');
    const payload = readExactly(length);
    if (payload === null) throw new PtfeError('bad-message', 'engine', 'the stream ended inside a frame');
    if (kind === kinds.check) {
      checked = check(readMessage(payload));
      send('check', [checked.verdicts]);
    } else if (kind === kinds.compile && checked !== null) {
      const plans = checked.compile(readPartsRun(payload));
      keepCode();
      send('compile', plans);
    } else {
      throw new PtfeError('bad-message', 'engine', `a frame of kind ${kind}`);
    }
  }
};

try {
  serve();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof PtfeError ? text : ((error as Error).stack ?? text)}\n`);
  send('error', [new TextEncoder().encode(text)]);
  process.exitCode = 1;
}
