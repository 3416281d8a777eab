/**
 * The engine as the delegate's child process: `node engine.mjs serve`. Frames on stdin and stdout (ARCHITECTURE.md):
 * `check` with a graph message, then `compile` with the parts that TFLite made of the supported nodes.
 */
import { readSync, writeSync } from 'node:fs';
import { compilePart, type CompileOptions, hardwareOf } from './compile.js';
import { PtfeError } from './error.js';
import type { Part } from './graph/graph.js';
import { type Message, readMessage } from './wire/message.js';
import { type Chip, chips, optionName, rk3588 } from './hardware/chips.js';
import type { Trust } from './hardware/fact.js';
import { checkGraph } from './partition/check.js';
import { inRounds } from './partition/rounds.js';
import { plansRun, readPartsRun, verdictsRun } from './plan/answer.js';

const requestMagic = 0x51465450;
const replyMagic = 0x52465450;
const kinds = { check: 1, compile: 2, error: 255 } as const;
const frameHeaderBytes = 16;

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

const writeAll = (bytes: Uint8Array): void => {
  let at = 0;
  while (at < bytes.byteLength) at += writeSync(1, bytes, at);
};

const reply = (kind: number, payload: Uint8Array): void => {
  const header = new Uint8Array(frameHeaderBytes);
  const view = new DataView(header.buffer);
  view.setUint32(0, replyMagic, true);
  view.setUint32(4, kind, true);
  view.setBigUint64(8, BigInt(payload.byteLength), true);
  writeAll(header);
  writeAll(payload);
};

const trustOf = ({ options }: Message): Trust => (options['trust'] === 'seen' ? 'seen' : 'inferred');

const chipOf = ({ options }: Message): Chip => {
  const name = options['chip'] ?? optionName(rk3588.name);
  const chip = chips.find((one) => optionName(one.name) === name);
  if (chip === undefined) throw new PtfeError('bad-message', 'option chip', `nothing is compiled for ${name}`);
  return chip;
};

const optionsOf = (message: Message): CompileOptions => ({
  chip: chipOf(message),
  trust: trustOf(message),
  precision: message.options['precision'] === 'best' ? 'best' : 'fast',
});

/** What was checked, for the parts that follow. */
interface Checked {
  readonly verdicts: Uint8Array;
  readonly compile: (parts: readonly Part[]) => Uint8Array;
}

const check = (message: Message): Checked => {
  const { graph } = message;
  const choice = message.options['parts'] === 'all' ? 'all' : 'worthwhile';
  const asked = optionsOf(message);
  const { refused, host } = checkGraph(graph, hardwareOf(asked), choice);
  const options = { ...asked, hosted: new Set(host.keys()) };
  const compile = inRounds((part) => compilePart(graph, part, options));
  return {
    verdicts: verdictsRun(
      graph.nodes.map(({ index }) => index),
      refused,
    ),
    compile: (parts) => plansRun(compile(parts)),
  };
};

const serve = (): void => {
  let checked: Checked | null = null;
  for (;;) {
    const header = readExactly(frameHeaderBytes);
    if (header === null) return;
    const view = new DataView(header.buffer);
    if (view.getUint32(0, true) !== requestMagic)
      throw new PtfeError('bad-message', 'engine', 'a frame without the request magic');
    const payload = readExactly(Number(view.getBigUint64(8, true)));
    if (payload === null) throw new PtfeError('bad-message', 'engine', 'the stream ended inside a frame');
    const kind = view.getUint32(4, true);
    if (kind === kinds.check) {
      checked = check(readMessage(payload));
      reply(kinds.check, checked.verdicts);
    } else if (kind === kinds.compile && checked !== null) {
      reply(kinds.compile, checked.compile(readPartsRun(payload)));
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
  reply(kinds.error, new TextEncoder().encode(text));
  process.exitCode = 1;
}
