/** Plan -> bytes. */
import { alignUp } from '../layout/cube.js';
import { joined } from '../wire/joined.js';
import { numericsNames } from '../graph/numerics.js';
import {
  boKinds,
  directions,
  fnv1a,
  headerBytes,
  hostKernels,
  hostLayouts,
  none,
  type Plan,
  planMagic,
  planVersion,
  sections,
} from './format.js';

const typeCodes = { uint8: 3, int8: 9 } as const;
const sectionAlignment = 8;
const dataAlignment = 64;

/** Little-endian fields one after the other. */
class Fields {
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }
  u32(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
    return this;
  }
  f32(value: number): this {
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
    return this;
  }
  u64(...values: readonly (number | bigint)[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true);
      this.#at += 8;
    }
    return this;
  }
}

/** Strings one behind the other; equal ones once. */
class StringTable {
  readonly #chunks: Uint8Array[] = [];
  readonly #known = new Map<string, readonly [number, number]>();
  #length = 0;

  add(text: string): readonly [number, number] {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(text);
    const place = [this.#length, bytes.byteLength] as const;
    this.#chunks.push(bytes);
    this.#length += bytes.byteLength;
    this.#known.set(text, place);
    return place;
  }
  bytes(): Uint8Array {
    return joined(this.#chunks);
  }
}

const bits = (positions: readonly number[]): bigint =>
  positions.reduce((mask, position) => mask | (1n << BigInt(position)), 0n);

export const writePlan = (plan: Plan): Uint8Array => {
  const strings = new StringTable();
  const names = plan.ops.map((op) => strings.add(op.name));
  const facts = [...new Set(plan.ops.flatMap((op) => op.facts))].sort();
  const factNames = facts.map((fact) => strings.add(fact));
  const text = strings.bytes();

  const counts = [
    plan.tensors,
    plan.bos,
    plan.relocations,
    plan.tasks,
    plan.jobs,
    plan.ops,
    facts,
    text,
    plan.hosts,
  ].map(({ length }) => length);
  const offsets: number[] = [];
  let end = headerBytes;
  for (const [position, [, recordBytes]] of sections.entries()) {
    end = alignUp(end, sectionAlignment);
    offsets.push(end);
    end += (counts[position] ?? 0) * recordBytes;
  }
  const dataOffsets = plan.bos.map(({ bytes }) => {
    if (bytes.byteLength === 0) return 0;
    const offset = alignUp(end, dataAlignment);
    end = offset + bytes.byteLength;
    return offset;
  });
  const file = new Uint8Array(alignUp(end, sectionAlignment));
  const at = (section: number, record: number): Fields =>
    new Fields(file, (offsets[section] ?? 0) + record * (sections[section]?.[1] ?? 0));

  for (const [i, t] of plan.tensors.entries()) {
    const flip = t.type === 'uint8' ? 0x80 : 0;
    at(0, i)
      .u32(t.tensor, directions[t.direction], typeCodes[t.type], ...t.shape)
      .f32(t.scale)
      .u32(
        t.zeroPoint,
        hostLayouts[t.layout],
        t.bo,
        t.offset,
        t.lineBytes,
        t.surfaceBytes,
        flip,
        t.padCode & 0xff,
        t.surfaces,
      );
  }
  for (const [i, bo] of plan.bos.entries())
    at(1, i)
      .u32(boKinds[bo.kind], 0)
      .u64(bo.size, dataOffsets[i] ?? 0, bo.bytes.byteLength);
  for (const [i, r] of plan.relocations.entries()) at(2, i).u32(r.bo, r.word, r.targetBo, r.addend);
  for (const [i, t] of plan.tasks.entries())
    at(3, i).u32(t.op, t.regcmdBo, t.regcmdOffset, t.words, Math.round(t.cycles));
  for (const [i, j] of plan.jobs.entries()) {
    at(4, i)
      .u32(j.firstTask, j.taskCount, j.core, j.depends === null ? 0 : j.depends + 1)
      .u64(bits(j.inBos), bits(j.outBos))
      .u32(j.proof?.bo ?? none, j.proof?.offset ?? none);
  }
  for (const [i, op] of plan.ops.entries()) {
    const mask = Number(bits(op.facts.map((fact) => facts.indexOf(fact))));
    at(5, i)
      .u32(op.node, op.fusedNode ?? none, ...(names[i] ?? [0, 0]))
      .u64(op.macs)
      .u32(op.firstTask, op.taskCount, mask, Math.round(op.mismatch * 1e6));
  }
  for (const [i, place] of factNames.entries()) at(6, i).u32(...place);
  file.set(text, offsets[7] ?? 0);
  for (const [i, h] of plan.hosts.entries())
    at(8, i).u32(h.op, h.beforeJob, hostKernels[h.kernel], h.input, h.output, h.tableBo, h.tableOffset, h.tableBytes);
  for (const [i, bo] of plan.bos.entries()) file.set(bo.bytes, dataOffsets[i] ?? 0);

  file.set(new TextEncoder().encode(planMagic), 0);
  new Fields(file, 8).u32(planVersion, headerBytes).u64(file.byteLength);
  new Fields(file, 32).u32(plan.chip, plan.cores);
  file.set(new TextEncoder().encode(plan.engineVersion).subarray(0, 20), 40);
  new Fields(file, 60).u32(numericsNames.indexOf(plan.numerics));
  for (const [i, offset] of offsets.entries()) new Fields(file, 64 + 8 * i).u32(offset, counts[i] ?? 0);
  new Fields(file, 24).u64(fnv1a(file.subarray(32)));
  return file;
};
