import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { decode } from '../../src/explain/decode.js';
import { disassemble, type ListedTask } from '../../src/explain/disassemble.js';
import { factUsage } from '../../src/explain/fact_usage.js';
import { isSeen } from '../../src/hardware/facts.js';
import { listingText } from '../../src/explain/listing_text.js';
import { findRegister, registers, writeTargets } from '../../src/hardware/registers.js';
import { readPlan } from '../../src/plan/read.js';
import { programOfPlan } from '../../src/explain/plan_program.js';
import type { Program, ProgramWord } from '../../src/explain/program.js';
import { goldenModels } from '../golden/models.js';

const write = (block: keyof typeof writeTargets, name: string, value: number): ProgramWord => ({
  target: writeTargets[block],
  offset: findRegister(block, name).offset,
  value,
  address: null,
});

const tail: readonly ProgramWord[] = [
  { target: 0, offset: 0, value: 0, address: null },
  write('PC', 'REGISTER_AMOUNTS', 0),
  { target: 0x0041, offset: 0, value: 0, address: null },
  { target: 0x0081, offset: 8, value: 0x0d, address: null },
];

const programOf = (...tasks: readonly (readonly ProgramWord[])[]): Program => ({
  title: 'p',
  chip: 'rk3588',
  notes: [],
  tasks: tasks.map((words, i) => ({ title: `t${i}`, at: null, words: [...words, ...tail] })),
});

const lines = (task: ListedTask | undefined): readonly string[] =>
  (task?.writes ?? []).map(({ block, register, fields }) =>
    [`${block}.${register}`, ...fields.map(({ name, value }) => `${name}=${value}`)].join(' '),
  );

describe('explain: disassembly', () => {
  it('decodes every register that a word can reach, and all of its bits', () => {
    for (const register of registers) {
      if (!(register.block in writeTargets)) continue;
      const target = writeTargets[register.block as keyof typeof writeTargets];
      const one = decode({ target, offset: register.offset, value: 0xffffffff, address: null }, 'rk3588');
      if (one.kind !== 'write') throw new Error(`${register.block}.${register.name} is a ${one.kind}`);
      expect([one.block, one.register, one.named]).to.deep.equal([register.block, register.name, true]);
      expect(one.fields.map(({ name }) => name)).to.deep.equal(register.fields.map(({ name }) => name));
      const widths = register.fields.reduce((sum, { msb, lsb }) => sum + 2 ** (msb + 1) - 2 ** lsb, 0);
      expect(one.unnamedBits).to.equal(2 ** 32 - 1 - widths);
    }
  });

  it('reads fields with their sign', () => {
    const one = decode(write('DPU', 'OUT_CVT_OFFSET', 0xffffff80), 'rk3588');
    expect(one.kind === 'write' && one.fields).to.deep.equal([{ name: 'OUT_CVT_OFFSET', value: -128 }]);
    const other = decode(write('CNA', 'DMA_CON2', 0x0ffffffd), 'rk3588');
    expect(other.kind === 'write' && other.fields[0]?.value).to.equal(-3);
  });

  it('shows what a task changes: fields against the last task that wrote the register, the last of several writes', () => {
    const listing = disassemble(
      programOf(
        [write('CNA', 'CONV_CON3', 9), write('CNA', 'CONV_CON3', 18), write('CNA', 'FC_CON0', 0)],
        [write('DPU', 'BS_OW_OP', 0xffff)],
        [write('CNA', 'CONV_CON3', 10), write('DPU', 'BS_OW_OP', 0xffff)],
      ),
      { all: false },
    );
    expect(listing.tasks.map(lines)).to.deep.equal([
      ['CNA.CONV_CON3 CONV_X_STRIDE=2 CONV_Y_STRIDE=2'],
      ['DPU.BS_OW_OP OW_OP=-1'],
      ['CNA.CONV_CON3 CONV_Y_STRIDE=1'],
    ]);
    expect(listing.tasks.map(({ kept }) => kept)).to.deep.equal([[], ['CNA.CONV_CON3', 'CNA.FC_CON0'], []]);
    expect(listing.tasks[0]?.starts).to.deep.equal(['CNA', 'CORE', 'DPU']);
  });

  it('with all: every write in the order of the stream, every field', () => {
    const [task] = disassemble(programOf([write('CNA', 'CONV_CON3', 9), write('CNA', 'CBUF_CON0', 0)]), {
      all: true,
    }).tasks;
    expect(task?.writes.map(({ register }) => register)).to.deep.equal(['CONV_CON3', 'CBUF_CON0', 'REGISTER_AMOUNTS']);
    expect(task?.writes[0]?.fields).to.have.length(findRegister('CNA', 'CONV_CON3').fields.length);
  });

  it('a task by its number is the same task as in the whole listing', () => {
    const program = programOf([write('CNA', 'CONV_CON3', 9)], [write('CNA', 'CONV_CON3', 10)]);
    const whole = disassemble(program, { all: false }).tasks;
    expect(disassemble(program, { all: false, task: 1 }).tasks).to.deep.equal([whole[1]]);
  });

  it('names what it cannot name: offsets, bits and words', () => {
    const program = programOf([
      { target: 0x0201, offset: 0x1234, value: 5, address: null },
      write('CORE', 'raw3030', 7),
      { target: 0xbeef, offset: 1, value: 2, address: null },
    ]);
    const text = listingText(disassemble(program, { all: false }), false);
    expect(text).to.contain('CNA.0x1234                         0x5');
    expect(text).to.contain('CORE.raw3030                       unnamed bits 0x7');
    expect(text).to.contain('unknown word: target 0xbeef, offset 0x0001, value 0x00000002');
  });

  it('every register that the emitter writes is known, and every address of a plan is a buffer and an offset', () => {
    for (const { bytes } of goldenModels) {
      for (const { plan } of compileTflite(bytes).parts) {
        for (const task of disassemble(programOfPlan(readPlan(plan), 'p'), { all: true }).tasks) {
          expect(task.unknown).to.have.length(0);
          for (const one of task.writes) expect(one.register, one.block).to.not.match(/^0x/);
          const feature = task.writes.find(({ register }) => register === 'DST_BASE_ADDR');
          expect(feature?.address?.bo).to.be.oneOf(['arena', 'io']);
        }
      }
    }
  });
});

describe('explain: what rests on inferred facts', () => {
  it('counts ops and tasks by fact', () => {
    const models = goldenModels.filter(({ name }) => name === 'tiles_columns' || name === 'add');
    const plans = models.flatMap(({ bytes }) => compileTflite(bytes).parts.map(({ plan }) => readPlan(plan)));
    const usage = factUsage(plans);
    const tasksOf = (name: string): number | undefined => usage.facts.find((fact) => fact.name === name)?.tasks;
    // Two tiles of columns with the copy that shows that their job ran, and one sum.
    expect(usage.tasks).to.equal(4);
    expect([tasksOf('output_notch'), tasksOf('int8_flying'), tasksOf('register_hold')]).to.deep.equal([2, 1, 0]);
    const { silicon, mesa, vendor, ties, none } = usage.weakest;
    expect([silicon, mesa + vendor + ties + none]).to.deep.equal([1, 3]);
    expect(usage.valueCount).to.be.greaterThan(usage.tasks);
  });

  it('trust=seen rests on none that nothing speaks for, but for ties', () => {
    for (const { name, bytes } of goldenModels) {
      const plans = compileTflite(bytes, { trust: 'seen' }).parts.map(({ plan }) => readPlan(plan));
      const used = factUsage(plans).facts.filter((fact) => fact.tasks > 0 && !isSeen(fact) && !fact.ties);
      expect(
        used.map((fact) => fact.name),
        name,
      ).to.deep.equal([]);
    }
  });
});
