/**
 * A job stream that was recorded from a driver on a pretended device: BOs with their bytes, and what was submitted. The
 * form is that of shared/golden/mesa: NAME.json and the BOs' bytes NAME.bos, each behind gzip.
 */
import { type Command, commandFromHex } from '../../hardware/command.js';
import { registerAt } from '../../hardware/registers.js';
import { JsonValue } from './json_value.js';
import type { Program, ProgramTask, ProgramWord, Reference } from '../../explain/program.js';

export interface RecordedBo {
  readonly handle: number;
  /** Address as the device sees it. */
  readonly dma: number;
  readonly size: number;
  /** Its first bytes; the rest is zero. */
  readonly bytes: Uint8Array;
}

export interface RecordedTask {
  /** Address of its commands. */
  readonly regcmd: number;
  readonly commands: readonly Command[];
}

export interface RecordedJob {
  readonly inBos: readonly number[];
  readonly outBos: readonly number[];
  readonly tasks: readonly RecordedTask[];
}

export interface Recording {
  readonly model: string;
  readonly driver: string;
  readonly bos: readonly RecordedBo[];
  /** One for each delegated partition. */
  readonly submits: readonly (readonly RecordedJob[])[];
}

const readBo = (value: JsonValue, blob: Uint8Array | null): RecordedBo => {
  const [handle, dma, size] = [value.get('handle').u32(), value.get('dma').u32(), value.get('size').u32()];
  const [at, stored] = [value.get('at').u32(), value.get('stored').u32()];
  if (stored > size) throw value.fail(`${stored} bytes stored of ${size}`);
  if (dma + size > 2 ** 32) throw value.fail(`${size} bytes at 0x${dma.toString(16)} leave the 32-bit address space`);
  if (blob !== null && at + stored > blob.byteLength)
    throw value.fail(`its bytes end at ${at + stored}, the file of bytes at ${blob.byteLength}`);
  return { handle, dma, size, bytes: blob?.subarray(at, at + stored) ?? new Uint8Array() };
};

const readTask = (value: JsonValue): RecordedTask => {
  const commands = value.get('cmds').list((word) => {
    const command = commandFromHex(word.text());
    if (command === null) throw word.fail(`"${word.text()}" is not a command word of 16 hex digits`);
    return command;
  });
  const count = value.get('count').u32();
  if (count !== commands.length) throw value.fail(`${commands.length} words where ${count} were submitted`);
  return { regcmd: value.get('regcmd').u32(), commands };
};

/**
 * @param blob the BOs' bytes; null where only the commands are wanted
 * @throws PtfeError `bad-stream` that names the place in the file
 */
export const readRecording = (json: unknown, blob: Uint8Array | null): Recording => {
  const root = new JsonValue(json, 'recorded stream', 'record it again');
  const bos = root.get('bos').list((bo) => readBo(bo, blob));
  const handles = new Set(bos.map(({ handle }) => handle));
  const handle = (value: JsonValue): number => {
    if (!handles.has(value.u32())) throw value.fail(`no BO has the handle ${value.u32()}`);
    return value.u32();
  };
  return {
    model: root.get('model').text(),
    driver: root.get('driver').text(),
    bos,
    submits: root.get('submits').list((submit) =>
      submit.get('jobs').list((job) => ({
        inBos: job.get('in').list(handle),
        outBos: job.get('out').list(handle),
        tasks: job.get('tasks').list(readTask),
      })),
    ),
  };
};

/** The BO that an address lies in. */
export const boAt = ({ bos }: Recording, address: number): RecordedBo | undefined =>
  bos.find(({ dma, size }) => address >= dma && address < dma + size);

const referenceTo = (recording: Recording, address: number): Reference | null => {
  const bo = boAt(recording, address);
  return bo === undefined ? null : { bo: `bo${bo.handle}`, offset: address - bo.dma };
};

const wordOf = (recording: Recording, command: Command): ProgramWord => ({
  ...command,
  address: registerAt(command.offset)?.address === true ? referenceTo(recording, command.value) : null,
});

/** The recording as a program: tasks in the order in which they were submitted. */
export const programOfRecording = (recording: Recording): Program => {
  const { model, driver, bos, submits } = recording;
  const bytes = bos.reduce((sum, { size }) => sum + size, 0);
  const jobs = submits.reduce((sum, { length }) => sum + length, 0);
  return {
    title: `${model}, recorded from ${driver}`,
    chip: 'rk3588',
    notes: [`${submits.length} submits of ${jobs} jobs, ${bos.length} BOs of ${bytes} bytes`],
    tasks: submits.flatMap((submit, s) =>
      submit.flatMap((job, j) =>
        job.tasks.map((task, t): ProgramTask => {
          const io = `reads ${job.inBos.map((handle) => `bo${handle}`).join(' ')}, writes ${job.outBos.map((handle) => `bo${handle}`).join(' ')}`;
          return {
            title: `submit ${s} job ${j} task ${t} of ${job.tasks.length}, ${io}`,
            at: referenceTo(recording, task.regcmd),
            words: task.commands.map((command) => wordOf(recording, command)),
          };
        }),
      ),
    ),
  };
};
