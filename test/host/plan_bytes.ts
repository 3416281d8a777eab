import { type Block, findRegister, writeTargets } from '../../src/hardware/registers.js';
import { planHash } from '../../src/plan/format.js';
import {
  checkedFrom,
  planBo,
  planFact,
  planHeader,
  planHost,
  planJob,
  planMagic,
  planOp,
  planRelocation,
  planSections,
  planTask,
  planTensor,
  type SectionName,
} from '../../src/wire/plan_records.js';

const records = {
  tensors: planTensor,
  bos: planBo,
  relocations: planRelocation,
  tasks: planTask,
  jobs: planJob,
  ops: planOp,
  facts: planFact,
  hosts: planHost,
} as const;

type Records = typeof records;
type Section = keyof Records;
/** A field of a section's records; those of 64 bits by their lower half. */
type FieldOf<S extends Section> = keyof Records[S]['offsets'] & string;

/** A plan's bytes, to be changed in place; `sealed` makes the checksum right again. */
export class PlanBytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(plan: Uint8Array) {
    this.bytes = plan.slice();
    this.#view = new DataView(this.bytes.buffer);
  }
  get header(): DataView {
    return this.#view;
  }
  count(section: SectionName): number {
    return this.#view.getUint32(this.#place(section) + 4, true);
  }
  setCount(section: SectionName, count: number): this {
    this.#view.setUint32(this.#place(section) + 4, count, true);
    return this;
  }
  setOffset(section: SectionName, offset: number): this {
    this.#view.setUint32(this.#place(section), offset, true);
    return this;
  }
  get<S extends Section>(section: S, record: number, field: FieldOf<S>): number {
    return this.#view.getUint32(this.#at(section, record, field), true);
  }
  set<S extends Section>(section: S, record: number, field: FieldOf<S>, value: number): this {
    this.#view.setUint32(this.#at(section, record, field), value, true);
    return this;
  }
  /** Records of a section that have a value in a field. */
  find<S extends Section>(section: S, field: FieldOf<S>, value: number): readonly number[] {
    return Array.from({ length: this.count(section) }, (_, i) => i).filter(
      (i) => this.get(section, i, field) === value,
    );
  }
  /** File offset of a word of a task; negative ones count from its end. */
  wordAt(task: number, word: number): number {
    const start =
      this.get('bos', this.get('tasks', task, 'regcmdBo'), 'dataOffset') + this.get('tasks', task, 'regcmdOffset');
    return start + 8 * (word < 0 ? this.get('tasks', task, 'words') + word : word);
  }
  /** The last word of a task that writes a register. */
  registerWord(task: number, block: Block, name: string): number {
    const [target, { offset }] = [writeTargets[block], findRegister(block, name)];
    for (let word = this.get('tasks', task, 'words') - 5; word >= 0; word--) {
      const at = this.wordAt(task, word);
      if (this.#view.getUint16(at, true) === offset && this.#view.getUint16(at + 6, true) === target) return word;
    }
    throw new Error(`task ${task} does not write ${block} ${name}`);
  }
  register(task: number, block: Block, name: string): number {
    return this.#view.getUint32(this.wordAt(task, this.registerWord(task, block, name)) + 2, true);
  }
  setRegister(task: number, block: Block, name: string, value: number): this {
    this.#view.setUint32(this.wordAt(task, this.registerWord(task, block, name)) + 2, value, true);
    return this;
  }
  /** The relocation that fills in a register of a task. */
  relocation(task: number, block: Block, name: string): number {
    const word = this.get('tasks', task, 'regcmdOffset') / 8 + this.registerWord(task, block, name);
    const [found] = this.find('relocations', 'word', word);
    if (found === undefined) throw new Error(`${block} ${name} of task ${task} is not relocated`);
    return found;
  }
  sealed(): Uint8Array {
    this.#view.setBigUint64(planHeader.offsets.checksum, planHash(this.bytes.subarray(checkedFrom)), true);
    return this.bytes;
  }
  #place(section: SectionName): number {
    return planHeader.offsets.sections + planSections.offsets[section];
  }
  #at<S extends Section>(section: S, record: number, field: FieldOf<S>): number {
    const layout: { readonly size: number; readonly offsets: Readonly<Record<string, number>> } = records[section];
    const { size, offsets } = layout;
    const offset = offsets[field];
    if (offset === undefined || record >= this.count(section)) throw new Error(`no ${section} ${record} ${field}`);
    return this.#view.getUint32(this.#place(section), true) + record * size + offset;
  }
}

/** A plan file, or an entry of the cache, with its first plan changed. Plans carry checksums of their own. */
export function withFirstPlan(file: Uint8Array, change: (plan: PlanBytes) => void): Uint8Array {
  const at = Buffer.from(file.buffer, file.byteOffset, file.byteLength).indexOf(planMagic);
  if (at < 0) throw new Error('no plan in this file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const plan = new PlanBytes(
    file.subarray(at, at + Number(view.getBigUint64(at + planHeader.offsets.fileBytes, true))),
  );
  change(plan);
  const changed = file.slice();
  changed.set(plan.sealed(), at);
  return changed;
}
