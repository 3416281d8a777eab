import { type Block, findRegister, writeTargets } from '../../src/hardware/registers.js';
import { fnv1a, type SectionName, sections } from '../../src/plan/format.js';

/** Where the fields of a plan's records stand (`delegate/plan/plan.h`); those of 64 bits by their lower half. */
const fields = {
  tensors: {
    tensor: 0,
    direction: 4,
    type: 8,
    n: 12,
    h: 16,
    w: 20,
    c: 24,
    layout: 36,
    bo: 40,
    offset: 44,
    line: 48,
    surface: 52,
    flip: 56,
    pad: 60,
    surfaces: 64,
  },
  bos: { kind: 0, size: 8, data: 16, bytes: 24 },
  relocations: { bo: 0, word: 4, target: 8, addend: 12 },
  tasks: { op: 0, bo: 4, offset: 8, words: 12 },
  jobs: { first: 0, count: 4, core: 8, depends: 12, inBos: 16, outBos: 24, proofBo: 32, proofOffset: 36 },
  ops: { name: 8, nameBytes: 12, first: 24, count: 28, facts: 32 },
  facts: { name: 0, nameBytes: 4 },
  strings: {},
  hosts: { op: 0, before: 4, kernel: 8, input: 12, output: 16, bo: 20, offset: 24, bytes: 28 },
} as const satisfies Record<SectionName, Readonly<Record<string, number>>>;

type Fields = typeof fields;

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
  get<S extends SectionName>(section: S, record: number, field: keyof Fields[S] & string): number {
    return this.#view.getUint32(this.#at(section, record, field), true);
  }
  set<S extends SectionName>(section: S, record: number, field: keyof Fields[S] & string, value: number): this {
    this.#view.setUint32(this.#at(section, record, field), value, true);
    return this;
  }
  /** Records of a section that have a value in a field. */
  find<S extends SectionName>(section: S, field: keyof Fields[S] & string, value: number): readonly number[] {
    return Array.from({ length: this.count(section) }, (_, i) => i).filter(
      (i) => this.get(section, i, field) === value,
    );
  }
  /** File offset of a word of a task; negative ones count from its end. */
  wordAt(task: number, word: number): number {
    const start = this.get('bos', this.get('tasks', task, 'bo'), 'data') + this.get('tasks', task, 'offset');
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
    const word = this.get('tasks', task, 'offset') / 8 + this.registerWord(task, block, name);
    const [found] = this.find('relocations', 'word', word);
    if (found === undefined) throw new Error(`${block} ${name} of task ${task} is not relocated`);
    return found;
  }
  sealed(): Uint8Array {
    this.#view.setBigUint64(24, fnv1a(this.bytes.subarray(32)), true);
    return this.bytes;
  }
  #place(section: SectionName): number {
    return 64 + 8 * sections.findIndex(([name]) => name === section);
  }
  #at<S extends SectionName>(section: S, record: number, field: keyof Fields[S] & string): number {
    const offsets: Readonly<Record<string, number>> = fields[section];
    const [offset, [, bytes = 0] = []] = [offsets[field], sections.find(([name]) => name === section)];
    if (offset === undefined || record >= this.count(section)) throw new Error(`no ${section} ${record} ${field}`);
    return this.#view.getUint32(this.#place(section), true) + record * bytes + offset;
  }
}

/** A plan file, or an entry of the cache, with its first plan changed. Plans carry checksums of their own. */
export function withFirstPlan(file: Uint8Array, change: (plan: PlanBytes) => void): Uint8Array {
  const at = Buffer.from(file.buffer, file.byteOffset, file.byteLength).indexOf('PTFEPLAN');
  if (at < 0) throw new Error('no plan in this file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const plan = new PlanBytes(file.subarray(at, at + Number(view.getBigUint64(at + 16, true))));
  change(plan);
  const changed = file.slice();
  changed.set(plan.sealed(), at);
  return changed;
}
