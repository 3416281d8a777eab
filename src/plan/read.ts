/**
 * Bytes -> plan, the inverse of `write.ts`: for tools and tests (a device reads plans through `delegate/plan/plan.c`). Every
 * number that points somewhere is checked, so that what reads the result needs no checks of its own.
 */
import { blockPlane } from '../ir/operation.js';
import { PtfeError } from '../error.js';
import { numericsNames } from '../graph/numerics.js';
import { tfliteTypes } from '../tflite/types.js';
import {
  boKinds,
  checkedFrom,
  directions,
  hostKernels,
  hostLayouts,
  planBo,
  planBounds,
  planFact,
  planHeader,
  planHost,
  planJob,
  planMagic,
  planOp,
  planRelocation,
  planTask,
  planTensor,
  planVersion,
  type SectionName,
  sectionNames,
  sectionSizes,
} from '../wire/plan_records.js';
import type { Field, ValueOf } from '../wire/record.js';
import {
  planHash,
  type Plan,
  type PlanBo,
  type PlanHost,
  type PlanJob,
  type PlanOp,
  type PlanRelocation,
  type PlanTask,
  type PlanTensor,
} from './format.js';

const { none, maxBos, tailWords, mostTensors, mostNameBytes, mostFillerBytes, proofBytes } = planBounds;

const damaged = (where: string, text: string): PtfeError =>
  new PtfeError('bad-plan', where, text, 'compile the model again');

/** Of every chip of the family. */
const atomBytes = 16;

const byteTypes = ['int8', 'uint8'] as const;

/** Checks a number that was read; what is wrong is told with the place of the record. */
const demand = (holds: boolean, where: string, text: () => string): void => {
  if (!holds) throw damaged(where, text());
};

type Header = ValueOf<typeof planHeader>;

const readHeader = (bytes: Uint8Array, view: DataView): Header => {
  const where = 'plan header';
  const size = planHeader.size;
  demand(bytes.byteLength >= size, where, () => `${bytes.byteLength} bytes, fewer than the header's ${size}`);
  const header = planHeader.read(view, 0);
  if (header.magic !== planMagic)
    throw new PtfeError('bad-plan', where, 'it does not begin with PTFEPLAN', 'is it a plan file?');
  demand(header.version === planVersion, where, () => `version ${header.version}, and this ptfe reads ${planVersion}`);
  demand(header.headerBytes === size, where, () => `a header of ${header.headerBytes} bytes`);
  const length = header.fileBytes;
  demand(length === bytes.byteLength, where, () => `written with ${length} bytes, the file has ${bytes.byteLength}`);
  demand(header.checksum === planHash(bytes.subarray(checkedFrom)), where, () => 'the checksum does not match');
  for (const name of sectionNames) {
    const { offset, count } = header.sections[name];
    const inside = offset >= size && offset % 8 === 0 && offset + count * sectionSizes[name] <= bytes.byteLength;
    demand(inside, where, () => `section ${name}: ${count} records at ${offset} are outside the file`);
  }
  return header;
};

const readBo = (bytes: Uint8Array, record: ValueOf<typeof planBo>, where: string): PlanBo => {
  const { core, size, dataOffset: offset, dataBytes: length } = record;
  const kind = boKinds.nameOf(record.kind);
  if (kind === null) throw damaged(where, `kind ${record.kind}`);
  demand(size > 0 && size < 2 ** 32, where, () => `${size} bytes, which a 32-bit address cannot reach`);
  demand(length <= size, where, () => `${length} bytes of data for a size of ${size}`);
  demand(offset + length <= bytes.byteLength, where, () => `its ${length} bytes at ${offset} are outside the file`);
  const whole = kind === 'arena' || kind === 'io' || size - length <= mostFillerBytes;
  demand(whole, where, () => `the file has ${length} of its ${size} bytes`);
  return { kind, core, size, bytes: bytes.subarray(offset, offset + length) };
};

/** What records point at. */
interface Targets {
  readonly bos: readonly PlanBo[];
  readonly sections: Header['sections'];
}

const demandBo = ({ bos }: Targets, index: number, where: string): PlanBo => {
  const bo = bos[index];
  if (bo === undefined) throw damaged(where, `BO ${index} of ${bos.length}`);
  return bo;
};

const demandRegcmd = (targets: Targets, index: number, where: string): PlanBo => {
  const bo = demandBo(targets, index, where);
  demand(bo.kind === 'regcmd', where, () => `BO ${index} holds ${bo.kind}, not commands`);
  return bo;
};

const demandRange = (first: number, count: number, available: number, where: string, what: string): void =>
  demand(first + count <= available, where, () => `${what} ${first} to ${first + count - 1} of ${available}`);

const readTensor = (targets: Targets, record: ValueOf<typeof planTensor>, where: string): PlanTensor => {
  const {
    tfliteIndex,
    n,
    h,
    w,
    c,
    scale,
    zeroPoint,
    bo,
    offset,
    lineBytes,
    surfaceBytes,
    flip,
    padByte,
    surfaces,
    start,
    step,
    blockSize,
    blockTop,
    blockLeft,
  } = record;
  const shape = [n, h, w, c] as const;
  const [direction, layout] = [directions.nameOf(record.direction), hostLayouts.nameOf(record.layout)];
  if (layout === null) throw damaged(where, `host layout ${record.layout}`);
  if (direction === null) throw damaged(where, `direction ${record.direction}`);
  const type = byteTypes.find((one) => tfliteTypes[one].api === record.type);
  if (type === undefined) throw damaged(where, `type ${record.type}, neither int8 (9) nor uint8 (3)`);
  demand(
    shape.every((dim) => dim > 0),
    where,
    () => `shape ${shape.join('x')}`,
  );
  demand(flip === (type === 'uint8' ? 0x80 : 0), where, () => `flip ${flip} for type ${record.type}`);
  demand(padByte <= 0xff, where, () => `padding byte ${padByte}`);
  demand(
    step >= c && (direction === 'piece' || (start === 0 && step === c)),
    where,
    () => `pixels ${step} bytes apart`,
  );
  const { size } = demandBo(targets, bo, where);
  // A part of a cube ends in its last row.
  const blocks = layout === 'blocks' ? { size: blockSize, top: blockTop, left: blockLeft } : null;
  demand(
    blocks === null
      ? Math.max(blockSize, blockTop, blockLeft) === 0
      : blockSize >= 2 && blockSize <= planBounds.mostBlock && Math.max(blockTop, blockLeft) < blockSize,
    where,
    () => `blocks of ${blockSize}, from ${blockTop}, ${blockLeft}`,
  );
  const [rows, columns] = blocks === null ? [h, w] : blockPlane([h, w, c], blocks);
  const end = offset + (surfaces - 1) * surfaceBytes + (rows - 1) * lineBytes + columns * atomBytes;
  // All of a tensor in pieces is nowhere.
  demand(layout === 'pieces' || end <= size, where, () => `its cube ends at ${end}, BO ${bo} at ${size}`);
  return {
    tensor: tfliteIndex,
    direction,
    type,
    shape,
    scale,
    zeroPoint,
    layout,
    bo,
    offset,
    lineBytes,
    surfaceBytes,
    surfaces,
    padCode: (padByte << 24) >> 24,
    start,
    step,
    blocks,
  };
};

const readRelocation = (targets: Targets, relocation: PlanRelocation, where: string): PlanRelocation => {
  const { bo, word, targetBo, addend } = relocation;
  const words = demandRegcmd(targets, bo, where).bytes.byteLength / 8;
  demand(word < words, where, () => `word ${word} of ${words}`);
  const { size } = demandBo(targets, targetBo, where);
  demand(addend < size, where, () => `offset ${addend} in BO ${targetBo} of ${size} bytes`);
  return relocation;
};

/** In the order of their words, none of them in two tasks. */
const demandOrder = (tasks: readonly PlanTask[]): void => {
  for (const [i, { regcmdBo, regcmdOffset }] of tasks.entries()) {
    const before = tasks[i - 1];
    const behind =
      before === undefined ||
      regcmdBo > before.regcmdBo ||
      (regcmdBo === before.regcmdBo && regcmdOffset >= before.regcmdOffset + 8 * before.words);
    demand(behind, `plan task ${i}`, () => 'its commands do not stand behind those of the task before');
  }
};

const readTask = (targets: Targets, task: PlanTask, where: string): PlanTask => {
  const { op, regcmdBo, regcmdOffset, words } = task;
  const ops = targets.sections.ops.count;
  demand(op < ops, where, () => `op ${op} of ${ops}`);
  const { byteLength } = demandRegcmd(targets, regcmdBo, where).bytes;
  demand(regcmdOffset % 16 === 0, where, () => `commands at ${regcmdOffset}, not a multiple of 16`);
  demand(words > tailWords, where, () => `${words} words, no more than a tail`);
  const end = regcmdOffset + 8 * words;
  demand(end <= byteLength, where, () => `its commands end at ${end}, the BO's data at ${byteLength}`);
  return task;
};

const positions = (mask: bigint): readonly number[] => {
  const found: number[] = [];
  for (let bit = 0; bit < maxBos; bit++) if (((mask >> BigInt(bit)) & 1n) === 1n) found.push(bit);
  return found;
};

const readJob = (targets: Targets, record: ValueOf<typeof planJob>, where: string, index: number): PlanJob => {
  const { firstTask, taskCount, core, depends, proofBo, proofOffset } = record;
  const [inBos, outBos] = [positions(record.inBos), positions(record.outBos)];
  demand(taskCount > 0, where, () => 'no task');
  demandRange(firstTask, taskCount, targets.sections.tasks.count, where, 'tasks');
  demand(depends <= index, where, () => `it waits for job ${depends - 1}, which is not before it`);
  for (const bo of [...inBos, ...outBos]) demandBo(targets, bo, where);
  const proof = proofBo === none && proofOffset === none ? null : { bo: proofBo, offset: proofOffset };
  if (proof !== null) {
    const { kind, size } = demandBo(targets, proof.bo, where);
    demand(kind === 'io', where, () => `its proof is in BO ${proof.bo}, which holds ${kind}`);
    demand(proof.offset + proofBytes <= size, where, () => `its proof is at ${proof.offset} of ${size} bytes`);
  }
  return { firstTask, taskCount, core, depends: depends === 0 ? null : depends - 1, inBos, outBos, proof };
};

const readHost = (targets: Targets, record: ValueOf<typeof planHost>, where: string): PlanHost => {
  const { op, beforeJob, input, output, tableBo, tableOffset, tableBytes } = record;
  const kernel = hostKernels.nameOf(record.kernel);
  if (kernel === null) throw damaged(where, `kernel ${record.kernel}`);
  const { ops, jobs, tensors } = targets.sections;
  demand(op < ops.count, where, () => `op ${op} of ${ops.count}`);
  demand(beforeJob <= jobs.count, where, () => `before job ${beforeJob} of ${jobs.count}`);
  demand(Math.max(input, output) < tensors.count, where, () => `tensors ${input} and ${output} of ${tensors.count}`);
  const { byteLength } = demandBo(targets, tableBo, where).bytes;
  demand(tableOffset + tableBytes <= byteLength, where, () => `its table ends behind BO ${tableBo}`);
  return { ...record, kernel };
};

/** A string by its place in the table. */
type Text = (offset: number, length: number, where: string) => string;

const readOp = (
  targets: Targets,
  text: Text,
  facts: readonly string[],
  record: ValueOf<typeof planOp>,
  where: string,
): PlanOp => {
  const { tfliteNode, fusedNode, nameOffset, nameBytes, macs, firstTask, taskCount, mismatchPpm } = record;
  demandRange(firstTask, taskCount, targets.sections.tasks.count, where, 'tasks');
  const named = positions(BigInt(record.facts)).map((position) => {
    const fact = facts[position];
    if (fact === undefined) throw damaged(where, `fact ${position} of ${facts.length}`);
    return fact;
  });
  demand(mismatchPpm <= 1e6, where, () => `${mismatchPpm} of a million values that differ`);
  return {
    node: tfliteNode,
    fusedNode: fusedNode === none ? null : fusedNode,
    name: text(nameOffset, nameBytes, where),
    macs,
    firstTask,
    taskCount,
    facts: named,
    mismatch: mismatchPpm / 1e6,
  };
};

/** @throws PtfeError `bad-plan` that names the record, for anything that is not a whole and consistent plan */
export const readPlan = (bytes: Uint8Array): Plan => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { sections, chip, cores, engineVersion, numerics: release } = readHeader(bytes, view);
  const records = <R, T>(
    name: SectionName,
    record: Field<R>,
    read: (record: R, where: string, index: number) => T,
  ): readonly T[] => {
    const { offset, count } = sections[name];
    const one = name === 'bos' ? 'BO' : name.slice(0, -1);
    return Array.from({ length: count }, (_, i) =>
      read(record.read(view, offset + i * record.size), `plan ${one} ${i}`, i),
    );
  };
  const text: Text = (offset, length, where) => {
    const start = sections.strings.offset + offset;
    demand(length <= mostNameBytes, where, () => `a name of ${length} bytes`);
    demandRange(offset, length, sections.strings.count, where, 'bytes of the strings');
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const bos = records('bos', planBo, (record, where) => readBo(bytes, record, where));
  const targets: Targets = { bos, sections };
  demand(bos.length <= maxBos, 'plan header', () => `${bos.length} BOs, more than ${maxBos}`);
  demand(sections.tensors.count <= mostTensors, 'plan header', () => `${sections.tensors.count} tensors`);
  const facts = records('facts', planFact, ({ nameOffset, nameBytes }, where) => text(nameOffset, nameBytes, where));
  const tasks = records('tasks', planTask, (record, where) => readTask(targets, record, where));
  demandOrder(tasks);
  const numerics = numericsNames[release];
  if (numerics === undefined) throw damaged('plan header', `numerics ${release}`);
  return {
    chip,
    cores,
    engineVersion,
    numerics,
    tensors: records('tensors', planTensor, (record, where) => readTensor(targets, record, where)),
    bos,
    relocations: records('relocations', planRelocation, (record, where) => readRelocation(targets, record, where)),
    tasks,
    jobs: records('jobs', planJob, (record, where, index) => readJob(targets, record, where, index)),
    ops: records('ops', planOp, (record, where) => readOp(targets, text, facts, record, where)),
    hosts: records('hosts', planHost, (record, where) => readHost(targets, record, where)),
  };
};
