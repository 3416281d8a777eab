import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../host/holds.js';
import { compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { planHash, type Plan } from '../../src/plan/format.js';
import { readPlan } from '../../src/plan/read.js';
import { writePlan } from '../../src/plan/write.js';
import { planHeader } from '../../src/wire/plan_records.js';
import { goldenModels } from '../golden/models.js';

/** What a read that went wrong says; an error of another kind is a bug, and passes on. */
const refusalOf = (bytes: Uint8Array): string | null => {
  try {
    readPlan(bytes);
    return null;
  } catch (error) {
    if (error instanceof PtfeError && error.code === 'bad-plan') return error.message;
    throw error;
  }
};

/** With the checksum made right again: what is behind it is tested too. */
const resealed = (bytes: Uint8Array): Uint8Array => {
  const sealed = bytes.slice();
  new DataView(sealed.buffer).setBigUint64(24, planHash(sealed.subarray(32)), true);
  return sealed;
};

const plan: Plan = {
  chip: 3588,
  cores: 1,
  engineVersion: 'test',
  numerics: 'litert-2.3',
  tensors: [
    {
      tensor: 0,
      direction: 'in',
      type: 'uint8',
      shape: [1, 2, 3, 4],
      scale: 0.5,
      zeroPoint: 200,
      layout: 'flat',
      start: 0,
      step: 4,
      bo: 3,
      offset: 64,
      lineBytes: 48,
      surfaceBytes: 96,
      surfaces: 1,
      blocks: null,
      padCode: 72,
    },
    {
      tensor: 7,
      direction: 'out',
      type: 'int8',
      shape: [1, 2, 3, 40],
      scale: 0.25,
      zeroPoint: -128,
      layout: 'nhwc',
      start: 0,
      step: 40,
      bo: 3,
      offset: 256,
      lineBytes: 48,
      surfaceBytes: 96,
      surfaces: 3,
      blocks: null,
      padCode: -128,
    },
  ],
  bos: [
    { kind: 'constants', core: 0, size: 64, bytes: Uint8Array.from({ length: 64 }, (_, i) => i) },
    { kind: 'arena', core: 0, size: 1024, bytes: new Uint8Array() },
    { kind: 'regcmd', core: 0, size: 128, bytes: new Uint8Array(128).fill(9) },
    { kind: 'io', core: 0, size: 1024, bytes: new Uint8Array() },
  ],
  relocations: [{ bo: 2, word: 3, targetBo: 1, addend: 64 }],
  tasks: [
    { op: 0, regcmdBo: 2, regcmdOffset: 0, words: 8, cycles: 100 },
    { op: 1, regcmdBo: 2, regcmdOffset: 64, words: 8, cycles: 7 },
  ],
  jobs: [
    { firstTask: 0, taskCount: 1, core: 0, depends: null, inBos: [1], outBos: [1], proof: { bo: 3, offset: 0 } },
    { firstTask: 1, taskCount: 1, core: 1, depends: 0, inBos: [0, 1], outBos: [1], proof: { bo: 3, offset: 0 } },
  ],
  ops: [
    {
      node: 4,
      fusedNode: 5,
      name: 'CONV_2D+ADD',
      macs: 2 ** 40,
      firstTask: 0,
      taskCount: 1,
      facts: ['a', 'b'],
      mismatch: 0.000125,
    },
    { node: 6, fusedNode: null, name: 'ADD', macs: 0, firstTask: 1, taskCount: 1, facts: ['b'], mismatch: 0 },
  ],
  hosts: [{ op: 1, beforeJob: 1, kernel: 'permute', input: 0, output: 1, tableBo: 0, tableOffset: 16, tableBytes: 48 }],
};

describe('plan: read', () => {
  it('gives back what was written', () => {
    expect(readPlan(writePlan(plan))).to.deep.equal(plan);
  });

  it('writing what was read gives the same bytes, for every golden model', () => {
    for (const { bytes } of goldenModels) {
      for (const part of compileTflite(bytes).parts) {
        const again = writePlan(readPlan(part.plan));
        expect(Buffer.from(again).equals(Buffer.from(part.plan))).to.equal(true);
      }
    }
  });

  it('reads from the middle of a buffer', () => {
    const bytes = writePlan(plan);
    const shifted = new Uint8Array(bytes.byteLength + 8);
    shifted.set(bytes, 8);
    expect(readPlan(shifted.subarray(8))).to.deep.equal(plan);
  });

  it('refuses every shorter file and every changed byte, by name', () => {
    const bytes = writePlan(plan);
    for (let length = 0; length < bytes.byteLength; length++)
      expect(refusalOf(bytes.slice(0, length)), `${length} bytes`).to.match(/^plan header: /);
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(refusalOf(changed), `byte ${at}`).to.match(/^plan header: /);
    }
  });

  it('behind a right checksum a damaged plan is read or refused, and never anything else', () => {
    const bytes = writePlan(plan);
    const place = fc.integer({ min: planHeader.offsets.sections, max: bytes.byteLength - 1 });
    holds(
      fc.property(
        fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = bytes.slice();
          for (const [at, value] of changes) changed[at] = value;
          refusalOf(resealed(changed));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('names the record and what is wrong with it', () => {
    const [task, relocation] = [plan.tasks[0], plan.relocations[0]];
    const [[conv], [host]] = [plan.ops, plan.hosts];
    if (task === undefined || relocation === undefined || conv === undefined || host === undefined)
      throw new Error('the plan has them');
    const cases: readonly (readonly [Partial<Plan>, string])[] = [
      [{ tasks: [{ ...task, regcmdOffset: 96 }] }, 'plan task 0: its commands end at 160'],
      [{ tasks: [{ ...task, regcmdOffset: 8 }] }, 'plan task 0: commands at 8, not a multiple of 16'],
      [{ tasks: [task, task] }, 'plan task 1: its commands do not stand behind those of the task before'],
      [{ ops: [{ ...conv, name: 'x'.repeat(1025) }, conv] }, 'plan op 0: a name of 1025 bytes'],
      [{ bos: plan.bos.map((bo) => ({ ...bo, size: bo.size + 65 })) }, 'plan BO 0: the file has 64 of its 129 bytes'],
      [{ tasks: [{ ...task, regcmdBo: 1 }] }, 'plan task 0: BO 1 holds arena, not commands'],
      [{ tasks: [{ ...task, words: 4 }] }, 'plan task 0: 4 words, no more than a tail'],
      [{ relocations: [{ ...relocation, word: 16 }] }, 'plan relocation 0: word 16 of 16'],
      [{ relocations: [{ ...relocation, addend: 1024 }] }, 'plan relocation 0: offset 1024 in BO 1 of 1024 bytes'],
      [{ relocations: [{ ...relocation, targetBo: 4 }] }, 'plan relocation 0: BO 4 of 4'],
      [{ ops: [{ ...conv, taskCount: 3 }, conv] }, 'plan op 0: tasks 0 to 2 of 2'],
      [{ hosts: [{ ...host, beforeJob: 3 }] }, 'plan host 0: before job 3 of 2'],
      [{ hosts: [{ ...host, output: 2 }] }, 'plan host 0: tensors 0 and 2 of 2'],
      [{ hosts: [{ ...host, tableOffset: 20 }] }, 'plan host 0: its table ends behind BO 0'],
      [
        {
          jobs: [
            { firstTask: 0, taskCount: 1, core: 0, depends: 0, inBos: [], outBos: [], proof: { bo: 3, offset: 0 } },
          ],
        },
        'plan job 0: it waits',
      ],
    ];
    for (const [part, text] of cases) expect(refusalOf(writePlan({ ...plan, ...part })) ?? '', text).to.contain(text);
  });

  it('says what another version or another file is', () => {
    const other = writePlan(plan);
    new DataView(other.buffer).setUint32(8, 1, true);
    expect(refusalOf(other)).to.equal('plan header: version 1, and this ptfe reads 6 (compile the model again)');
    expect(refusalOf(new Uint8Array(500))).to.contain('it does not begin with PTFEPLAN (is it a plan file?)');
  });
});
