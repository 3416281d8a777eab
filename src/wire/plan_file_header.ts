/** The beginning of a plan file, and of an entry of the cache (`cli/plan_file.ts`, `delegate/compile/plan_file.c`). */
import { chars, octets, record, reserved, size64, u32 } from './record.js';

export const planFileMagic = 'PTFEPLNS';
export const planFileFormat = 2;

/** Runs of bytes behind the header are padded to a multiple of these, of which the header has a whole number. */
export const runUnit = 8;

export const planFileHeader = record(
  'plan_file_header',
  'Three runs follow: verdicts, parts, plans, each with zeros to a multiple of 8. `key`: SHA-256 of the outline of the graph that ' +
    'it is on, and of the digest of its constants (`outlineOf` in wire/write_message.ts). `engine`: that of the engine that made it, zeros where it does not matter. `digest`: that of the header before it, of ' +
    'the verdicts and the parts; plans carry checksums of their own.',
  {
    magic: chars(planFileMagic.length),
    format: u32,
    reserved: reserved(),
    key: octets(32),
    engine: octets(32),
    checkLength: size64,
    requestLength: size64,
    replyLength: size64,
    digest: octets(32),
  },
);
