/**
 * What delegate and engine say to each other on the engine's stdin and stdout: frames of a header and a payload. `check`: a graph
 * message, answered with verdicts; `compile`: partitions, answered with a plan or refusals for each. The payloads are kept in caches and
 * plan files as they are.
 */
import { joined } from './joined.js';
import { codes, record, recordBytes, reserved, size64, u32 } from './record.js';
import { sequence, text, u32s } from './sequence.js';

export const requestMagic = 0x51465450;
export const replyMagic = 0x52465450;

export const frameKinds = codes('engine_kind', 'ENGINE', 'What a frame is; the payload of an error is its text.', {
  check: 1,
  compile: 2,
  error: 255,
});

export const frameHeader = record('engine_frame', 'In front of each payload.', {
  magic: u32,
  kind: u32,
  length: size64,
});

/** What stands before a payload. */
export const frameStart = (magic: number, kind: keyof typeof frameKinds.of, length: number): Uint8Array =>
  recordBytes(frameHeader, { magic, kind: frameKinds.of[kind], length });

export const frame = (magic: number, kind: keyof typeof frameKinds.of, payload: Uint8Array): Uint8Array =>
  joined([frameStart(magic, kind, payload.byteLength), payload]);

export const verdict = sequence('verdict', 'On a node: `supported` is 1, or 0 with why not.', {
  node: u32,
  supported: u32,
  text,
});

export const partBorder = sequence('part_border', 'Nodes that become one plan; its inputs and outputs are tensors.', {
  nodes: u32s,
  inputs: u32s,
  outputs: u32s,
});

export const refusal = sequence('refusal', 'A node of a part that must stay on the CPU.', { node: u32, text });

/** Plans are read in place, so that they start at a multiple of 8. */
export const planUnit = 8;

export const plansHeader = record('plans_header', 'Before the plans.', { count: u32, reserved: reserved() });

export const planResult = record(
  'plan_result',
  'Before each plan, or, where `refused` is not 0, refusals behind their count; with zeros to a multiple of 8 behind.',
  { refused: u32, reserved: reserved(), length: size64 },
);
