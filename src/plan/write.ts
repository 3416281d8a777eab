/** Plan -> bytes. */
import { alignUp } from '../layout/cube.js';
import { numericsNames } from '../graph/numerics.js';
import { tfliteTypes } from '../tflite/types.js';
import { joined } from '../wire/joined.js';
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
import type { Field } from '../wire/record.js';
import { planHash, type Plan, type PlanHost, type PlanJob, type PlanTensor } from './format.js';

const sectionAlignment = 8;
const dataAlignment = 64;
const { none } = planBounds;

/** Concatenated strings; equal ones once. */
class StringTable {
  readonly #chunks: Uint8Array[] = [];
  readonly #known = new Map<string, readonly [number, number]>();
  #length = 0;

  add(text: string): { readonly nameOffset: number; readonly nameBytes: number } {
    const known = this.#known.get(text);
    if (known !== undefined) return { nameOffset: known[0], nameBytes: known[1] };
    const bytes = new TextEncoder().encode(text);
    const place = { nameOffset: this.#length, nameBytes: bytes.byteLength };
    this.#chunks.push(bytes);
    this.#length += bytes.byteLength;
    this.#known.set(text, [place.nameOffset, place.nameBytes]);
    return place;
  }
  bytes(): Uint8Array {
    return joined(this.#chunks);
  }
}

const bits = (positions: readonly number[]): bigint =>
  positions.reduce((mask, position) => mask | (1n << BigInt(position)), 0n);

const tensorRecord = ({
  tensor,
  direction,
  type,
  shape: [n, h, w, c],
  layout,
  padCode,
  blocks,
  ...rest
}: PlanTensor) => ({
  ...rest,
  blockSize: blocks === null ? 0 : blocks.size,
  blockTop: blocks === null ? 0 : blocks.top,
  blockLeft: blocks === null ? 0 : blocks.left,
  tfliteIndex: tensor,
  direction: directions.of[direction],
  type: tfliteTypes[type].api,
  n,
  h,
  w,
  c,
  layout: hostLayouts.of[layout],
  flip: type === 'uint8' ? 0x80 : 0,
  padByte: padCode & 0xff,
});

const jobRecord = ({ depends, inBos, outBos, proof, ...rest }: PlanJob) => ({
  ...rest,
  depends: depends === null ? 0 : depends + 1,
  inBos: bits(inBos),
  outBos: bits(outBos),
  proofBo: proof?.bo ?? none,
  proofOffset: proof?.offset ?? none,
});

const hostRecord = ({ kernel, ...rest }: PlanHost) => ({ ...rest, kernel: hostKernels.of[kernel] });

/** Where sections and the bytes of BOs are, and where the file ends. */
const layOut = (counts: Readonly<Record<SectionName, number>>, bos: Plan['bos']) => {
  let end = planHeader.size;
  const place = (name: SectionName) => {
    const offset = alignUp(end, sectionAlignment);
    end = offset + counts[name] * sectionSizes[name];
    return { offset, count: counts[name] };
  };
  const sections = Object.fromEntries(sectionNames.map((name) => [name, place(name)])) as Record<
    SectionName,
    ReturnType<typeof place>
  >;
  const data = bos.map((bo) => {
    if (bo.bytes.byteLength === 0) return { ...bo, offset: 0 };
    const offset = alignUp(end, dataAlignment);
    end = offset + bo.bytes.byteLength;
    return { ...bo, offset };
  });
  return { sections, data, end: alignUp(end, sectionAlignment) };
};

export const writePlan = (plan: Plan): Uint8Array => {
  const strings = new StringTable();
  const names = plan.ops.map((op) => ({ op, name: strings.add(op.name) }));
  const facts = [...new Set(plan.ops.flatMap((op) => op.facts))].sort();
  const factNames = facts.map((fact) => strings.add(fact));
  const text = strings.bytes();
  const { tensors, bos, relocations, tasks, jobs, ops, hosts } = plan;
  const counts = Object.fromEntries(
    Object.entries({ tensors, bos, relocations, tasks, jobs, ops, facts, strings: text, hosts }).map(
      ([name, { length }]) => [name, length],
    ),
  ) as Record<SectionName, number>;
  const { sections, data, end } = layOut(counts, bos);
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  const write = <T>(name: SectionName, record: Field<T>, values: readonly T[]): void => {
    for (const [i, value] of values.entries()) record.write(view, sections[name].offset + i * record.size, value);
  };

  write('tensors', planTensor, tensors.map(tensorRecord));
  write(
    'bos',
    planBo,
    data.map(({ kind, core, size, bytes, offset }) => ({
      kind: boKinds.of[kind],
      core,
      size,
      dataOffset: offset,
      dataBytes: bytes.byteLength,
    })),
  );
  write('relocations', planRelocation, relocations);
  write(
    'tasks',
    planTask,
    tasks.map((task) => ({ ...task, cycles: Math.round(task.cycles) })),
  );
  write('jobs', planJob, jobs.map(jobRecord));
  write(
    'ops',
    planOp,
    names.map(({ op: { node, fusedNode, facts: own, mismatch, macs, firstTask, taskCount }, name }) => ({
      ...name,
      tfliteNode: node,
      fusedNode: fusedNode ?? none,
      macs,
      firstTask,
      taskCount,
      facts: Number(bits(own.map((fact) => facts.indexOf(fact)))),
      mismatchPpm: Math.round(mismatch * 1e6),
    })),
  );
  write('facts', planFact, factNames);
  file.set(text, sections.strings.offset);
  write('hosts', planHost, hosts.map(hostRecord));
  for (const { bytes, offset } of data) file.set(bytes, offset);

  const header = {
    magic: planMagic,
    version: planVersion,
    headerBytes: planHeader.size,
    fileBytes: file.byteLength,
    checksum: 0n,
    chip: plan.chip,
    cores: plan.cores,
    engineVersion: plan.engineVersion,
    numerics: numericsNames.indexOf(plan.numerics),
    sections,
  };
  planHeader.write(view, 0, header);
  planHeader.write(view, 0, { ...header, checksum: planHash(file.subarray(checkedFrom)) });
  return file;
};
