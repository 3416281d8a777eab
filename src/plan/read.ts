/**
 * Bytes -> plan, the inverse of `write.ts`: for tools and tests (a device reads plans through `delegate/plan/plan.c`). Every
 * number that points somewhere is checked, so that what reads the result needs no checks of its own.
 */
import { PtfeError } from '../error.js';
import { numericsNames } from '../graph/numerics.js';
import {
  boKinds,
  directions,
  fnv1a,
  headerBytes,
  hostKernels,
  hostLayouts,
  mostFillerBytes,
  mostNameBytes,
  mostTensors,
  none,
  type Plan,
  type PlanBo,
  type PlanHost,
  type PlanJob,
  type PlanOp,
  type PlanRelocation,
  planMagic,
  type PlanTask,
  type PlanTensor,
  planVersion,
  proofBytes,
  type SectionName,
  sections,
} from './format.js';

/** Fewer words than the tail is no task. */
const tailWords = 4;
const maxBos = 64;

const damaged = (where: string, text: string): PtfeError =>
  new PtfeError('bad-plan', where, text, 'compile the model again');

/** Checks a number that was read; what is wrong is told with the place of the record. */
const demand = (holds: boolean, where: string, text: () => string): void => {
  if (!holds) throw damaged(where, text());
};

/** Little-endian fields of one record, one after the other. */
class Fields {
  readonly #view: DataView;
  #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }
  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }
  i32(): number {
    return this.u32() | 0;
  }
  f32(): number {
    this.#at += 4;
    return this.#view.getFloat32(this.#at - 4, true);
  }
  u64(): bigint {
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8, true);
  }
  /** A 64-bit size or offset; more than the file has is as wrong as any other number, so rounding does no harm. */
  size(): number {
    return Number(this.u64());
  }
}

interface Section {
  readonly name: SectionName;
  readonly offset: number;
  readonly count: number;
  readonly recordBytes: number;
}

const readHeader = (bytes: Uint8Array, view: DataView): readonly Section[] => {
  const where = 'plan header';
  demand(
    bytes.byteLength >= headerBytes,
    where,
    () => `${bytes.byteLength} bytes, fewer than the header's ${headerBytes}`,
  );
  const magic = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (magic !== planMagic)
    throw new PtfeError('bad-plan', where, 'it does not begin with PTFEPLAN', 'is it a plan file?');
  const fields = new Fields(view, 8);
  const version = fields.u32();
  if (version !== planVersion)
    throw new PtfeError(
      'bad-plan',
      where,
      `version ${version}, and this ptfe reads ${planVersion}`,
      'compile the model again',
    );
  const header = fields.u32();
  demand(header === headerBytes, where, () => `a header of ${header} bytes`);
  const length = fields.size();
  demand(length === bytes.byteLength, where, () => `written with ${length} bytes, the file has ${bytes.byteLength}`);
  demand(fields.u64() === fnv1a(bytes.subarray(32)), where, () => 'the checksum does not match');
  return sections.map(([name, recordBytes], i) => {
    const place = new Fields(view, 64 + 8 * i);
    const [offset, count] = [place.u32(), place.u32()];
    const inside = offset >= headerBytes && offset % 8 === 0 && offset + count * recordBytes <= bytes.byteLength;
    demand(inside, where, () => `section ${name}: ${count} records at ${offset} are outside the file`);
    return { name, offset, count, recordBytes };
  });
};

const readBo = (bytes: Uint8Array, fields: Fields, where: string): PlanBo => {
  const code = fields.u32();
  fields.u32();
  const [size, offset, length] = [fields.size(), fields.size(), fields.size()];
  const kind = Object.entries(boKinds).find(([, value]) => value === code)?.[0] as PlanBo['kind'] | undefined;
  if (kind === undefined) throw damaged(where, `kind ${code}`);
  demand(size > 0 && size < 2 ** 32, where, () => `${size} bytes, which a 32-bit address cannot reach`);
  demand(length <= size, where, () => `${length} bytes of data for a size of ${size}`);
  demand(offset + length <= bytes.byteLength, where, () => `its ${length} bytes at ${offset} are outside the file`);
  const whole = kind === 'arena' || kind === 'io' || size - length <= mostFillerBytes;
  demand(whole, where, () => `the file has ${length} of its ${size} bytes`);
  return { kind, size, bytes: bytes.subarray(offset, offset + length) };
};

/** What records point at. */
interface Targets {
  readonly bos: readonly PlanBo[];
  readonly counts: Readonly<Record<SectionName, number>>;
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

const readTensor = (targets: Targets, fields: Fields, where: string): PlanTensor => {
  const [tensor, direction, type] = [fields.u32(), fields.u32(), fields.u32()];
  const shape = [fields.u32(), fields.u32(), fields.u32(), fields.u32()] as const;
  const [scale, zeroPoint, form] = [fields.f32(), fields.i32(), fields.u32()];
  const layout = Object.entries(hostLayouts).find(([, value]) => value === form)?.[0] as
    PlanTensor['layout'] | undefined;
  if (layout === undefined) throw damaged(where, `host layout ${form}`);
  const [bo, offset, lineBytes, surfaceBytes] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const [flip, padByte, surfaces] = [fields.u32(), fields.u32(), fields.u32()];
  demand(direction <= directions.inside, where, () => `direction ${direction}`);
  demand(type === 3 || type === 9, where, () => `type ${type}, neither int8 (9) nor uint8 (3)`);
  demand(
    shape.every((dim) => dim > 0),
    where,
    () => `shape ${shape.join('x')}`,
  );
  demand(flip === (type === 3 ? 0x80 : 0), where, () => `flip ${flip} for type ${type}`);
  demand(padByte <= 0xff, where, () => `padding byte ${padByte}`);
  const { size } = demandBo(targets, bo, where);
  const end = offset + surfaces * surfaceBytes;
  demand(end <= size, where, () => `its cube ends at ${end}, BO ${bo} at ${size}`);
  return {
    tensor,
    direction: direction === directions.in ? 'in' : direction === directions.out ? 'out' : 'inside',
    type: type === 3 ? 'uint8' : 'int8',
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
  };
};

const readRelocation = (targets: Targets, fields: Fields, where: string): PlanRelocation => {
  const [bo, word, targetBo, addend] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const words = demandRegcmd(targets, bo, where).bytes.byteLength / 8;
  demand(word < words, where, () => `word ${word} of ${words}`);
  const { size } = demandBo(targets, targetBo, where);
  demand(addend < size, where, () => `offset ${addend} in BO ${targetBo} of ${size} bytes`);
  return { bo, word, targetBo, addend };
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

const readTask = (targets: Targets, fields: Fields, where: string): PlanTask => {
  const [op, regcmdBo, regcmdOffset, words, cycles] = [
    fields.u32(),
    fields.u32(),
    fields.u32(),
    fields.u32(),
    fields.u32(),
  ];
  demand(op < targets.counts.ops, where, () => `op ${op} of ${targets.counts.ops}`);
  const { byteLength } = demandRegcmd(targets, regcmdBo, where).bytes;
  demand(regcmdOffset % 16 === 0, where, () => `commands at ${regcmdOffset}, not a multiple of 16`);
  demand(words > tailWords, where, () => `${words} words, no more than a tail`);
  const end = regcmdOffset + 8 * words;
  demand(end <= byteLength, where, () => `its commands end at ${end}, the BO's data at ${byteLength}`);
  return { op, regcmdBo, regcmdOffset, words, cycles };
};

const positions = (mask: bigint): readonly number[] => {
  const found: number[] = [];
  for (let bit = 0; bit < maxBos; bit++) if (((mask >> BigInt(bit)) & 1n) === 1n) found.push(bit);
  return found;
};

const readJob = (targets: Targets, fields: Fields, where: string, index: number): PlanJob => {
  const [firstTask, taskCount, core, depends] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const [inBos, outBos] = [positions(fields.u64()), positions(fields.u64())];
  const [proofBo, proofOffset] = [fields.u32(), fields.u32()];
  demand(taskCount > 0, where, () => 'no task');
  demandRange(firstTask, taskCount, targets.counts.tasks, where, 'tasks');
  demand(depends <= index, where, () => `it waits for job ${depends - 1}, which is not before it`);
  for (const bo of [...inBos, ...outBos]) demandBo(targets, bo, where);
  const proof = proofBo === none && proofOffset === none ? null : { bo: proofBo, offset: proofOffset };
  if (proof !== null) {
    const { kind, size } = demandBo(targets, proof.bo, where);
    demand(kind === 'io', where, () => `its proof is in BO ${proof.bo}, which holds ${kind}`);
    demand(proof.offset + proofBytes <= size, where, () => `its proof is at ${proof.offset} of ${size} bytes`);
  }
  return {
    firstTask,
    taskCount,
    core,
    depends: depends === 0 ? null : depends - 1,
    inBos,
    outBos,
    proof,
  };
};

const readHost = (targets: Targets, fields: Fields, where: string): PlanHost => {
  const [op, beforeJob, code, input, output] = [fields.u32(), fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const [tableBo, tableOffset, tableBytes] = [fields.u32(), fields.u32(), fields.u32()];
  const kernel = Object.entries(hostKernels).find(([, value]) => value === code)?.[0] as PlanHost['kernel'] | undefined;
  if (kernel === undefined) throw damaged(where, `kernel ${code}`);
  const { ops, jobs, tensors } = targets.counts;
  demand(op < ops, where, () => `op ${op} of ${ops}`);
  demand(beforeJob <= jobs, where, () => `before job ${beforeJob} of ${jobs}`);
  demand(Math.max(input, output) < tensors, where, () => `tensors ${input} and ${output} of ${tensors}`);
  const { byteLength } = demandBo(targets, tableBo, where).bytes;
  demand(tableOffset + tableBytes <= byteLength, where, () => `its table ends behind BO ${tableBo}`);
  return { op, beforeJob, kernel, input, output, tableBo, tableOffset, tableBytes };
};

/** A string by its place in the table. */
type Text = (offset: number, length: number, where: string) => string;

const readOp = (targets: Targets, text: Text, facts: readonly string[], fields: Fields, where: string): PlanOp => {
  const [node, fused, nameOffset, nameBytes] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const macs = fields.size();
  const [firstTask, taskCount, mask, mismatch] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  demandRange(firstTask, taskCount, targets.counts.tasks, where, 'tasks');
  const named = positions(BigInt(mask)).map((position) => {
    const fact = facts[position];
    if (fact === undefined) throw damaged(where, `fact ${position} of ${facts.length}`);
    return fact;
  });
  demand(mismatch <= 1e6, where, () => `${mismatch} of a million values that differ`);
  return {
    node,
    fusedNode: fused === none ? null : fused,
    name: text(nameOffset, nameBytes, where),
    macs,
    firstTask,
    taskCount,
    facts: named,
    mismatch: mismatch / 1e6,
  };
};

/** @throws PtfeError `bad-plan` that names the record, for anything that is not a whole and consistent plan */
export const readPlan = (bytes: Uint8Array): Plan => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = readHeader(bytes, view);
  const records = <T>(name: SectionName, read: (fields: Fields, where: string, index: number) => T): readonly T[] => {
    const { offset = 0, count = 0, recordBytes = 0 } = found.find((section) => section.name === name) ?? {};
    const one = name.slice(0, -1);
    return Array.from({ length: count }, (_, i) =>
      read(new Fields(view, offset + i * recordBytes), `plan ${one === 'bo' ? 'BO' : one} ${i}`, i),
    );
  };
  const strings = found.find(({ name }) => name === 'strings');
  const text: Text = (offset, length, where) => {
    const start = (strings?.offset ?? 0) + offset;
    demand(length <= mostNameBytes, where, () => `a name of ${length} bytes`);
    demandRange(offset, length, strings?.count ?? 0, where, 'bytes of the strings');
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const targets: Targets = {
    bos: records('bos', (fields, where) => readBo(bytes, fields, where)),
    counts: Object.fromEntries(found.map(({ name, count }) => [name, count])) as Record<SectionName, number>,
  };
  demand(targets.bos.length <= maxBos, 'plan header', () => `${targets.bos.length} BOs, more than ${maxBos}`);
  demand(targets.counts.tensors <= mostTensors, 'plan header', () => `${targets.counts.tensors} tensors`);
  const facts = records('facts', (fields, where) => text(fields.u32(), fields.u32(), where));
  const tasks = records('tasks', (fields, where) => readTask(targets, fields, where));
  demandOrder(tasks);
  const head = new Fields(view, 32);
  const numerics = numericsNames[view.getUint32(60, true)];
  if (numerics === undefined) throw damaged('plan header', `numerics ${view.getUint32(60, true)}`);
  return {
    chip: head.u32(),
    cores: head.u32(),
    engineVersion: new TextDecoder().decode(bytes.subarray(40, 60)).replace(/\0.*$/s, ''),
    numerics,
    tensors: records('tensors', (fields, where) => readTensor(targets, fields, where)),
    bos: targets.bos,
    relocations: records('relocations', (fields, where) => readRelocation(targets, fields, where)),
    tasks,
    jobs: records('jobs', (fields, where, index) => readJob(targets, fields, where, index)),
    ops: records('ops', (fields, where) => readOp(targets, text, facts, fields, where)),
    hosts: records('hosts', (fields, where) => readHost(targets, fields, where)),
  };
};
