import { expect } from 'chai';
import {
  blockIds,
  type Field,
  kernelStart,
  findRegister,
  operationEnableBits,
  operationEnables,
  type Register,
  registers,
  reservedFields,
  sourceOf,
  tagOf,
  tailTargets,
  taskRegisters,
  writeTargets,
} from '../../src/hardware/registers.js';
import { needShared, sharedJson } from '../host/shared.js';

interface SharedField {
  readonly name: string;
  readonly lsb: number;
  readonly msb: number;
  readonly note?: string;
}

interface SharedRegisters {
  readonly block_ids: Readonly<Record<string, string>>;
  readonly write_targets: Readonly<Record<string, string>>;
  readonly pc_op_enable: {
    readonly bits: Readonly<Record<string, string>>;
    readonly values: readonly { readonly value: string }[];
  };
  readonly kernel_start_values: readonly { readonly block: string; readonly name: string; readonly value: string }[];
  readonly mesa_conv_write_order: readonly string[];
  readonly not_in_xml: readonly { readonly block: string; readonly offset: string }[];
  readonly counts: { readonly registers: number; readonly fields: number };
  readonly registers: readonly {
    readonly block: string;
    readonly name: string;
    readonly offset: string;
    readonly fields: readonly SharedField[];
    readonly note?: string;
  }[];
}

const file = 'hardware/registers.json';

/** One line for each field, notes included: a difference reads as a line of a diff. */
const line = (block: string, name: string, offset: number, { name: fieldName, msb, lsb, note = '' }: Field): string =>
  `${block}.${name} @${offset.toString(16)} ${fieldName} [${msb}:${lsb}] ${note}`.trim();

/** A note ends with its source in brackets where that is not Mesa's registers.xml. */
const withoutSource = (note = ''): string => note.replace(/ \[[^\]]*\]$/, '');

/** Reserved bits have no record of their own: what is known of them stands in the register's note. */
const noted = (register: Register): readonly Field[] =>
  allFields(register).map((field) =>
    field.name.startsWith('RESERVED') && register.note !== undefined ? { ...field, note: register.note } : field,
  );

const allFields = (register: Register): readonly Field[] => [...register.fields, ...reservedFields(register)];

/** As the lists have it that know nothing of some bits. */
const listed = (register: Register): Register => ({
  ...register,
  fields: register.fields.filter((field) => field.unlisted !== true),
});

describe('hardware: registers', () => {
  it('equal registers.json, field by field', function () {
    needShared(this, file);
    const shared = sharedJson(file) as SharedRegisters;
    const wanted = shared.registers.flatMap(({ block, name, offset, fields }) =>
      fields.map((field) => line(block, name, Number(offset), { ...field, note: withoutSource(field.note) })),
    );
    const extra = new Set(shared.not_in_xml.map(({ offset }) => Number(offset)));
    const ours = registers
      .filter(({ offset }) => !extra.has(offset))
      .flatMap((register) =>
        noted(listed(register)).map((field) => line(register.block, register.name, register.offset, field)),
      );
    expect(ours.toSorted()).to.deep.equal(wanted.toSorted());
    expect(ours.length).to.equal(shared.counts.fields);
    expect(registers.length).to.equal(shared.counts.registers + extra.size);
    for (const { block, offset } of shared.not_in_xml)
      expect(registers.filter((one) => one.block === block && one.offset === Number(offset))).to.have.length(1);
  });

  it('blocks, targets, enable bits and what the kernel writes equal registers.json', function () {
    needShared(this, file);
    const shared = sharedJson(file) as SharedRegisters;
    const numbers = (of: Readonly<Record<string, string>>): Readonly<Record<string, number>> =>
      Object.fromEntries(Object.entries(of).map(([key, value]) => [key, Number(value)]));
    expect(blockIds).to.deep.equal(numbers(shared.block_ids));
    expect(writeTargets).to.deep.equal(numbers(shared.write_targets));
    const bits = Object.entries(shared.pc_op_enable.bits).filter(([, block]) => block !== 'reserved');
    expect(operationEnableBits).to.deep.equal(Object.fromEntries(bits.map(([bit, block]) => [block, Number(bit)])));
    const known = shared.pc_op_enable.values.map(({ value }) => Number(value));
    expect(known).to.include.members(Object.values(operationEnables));
    expect(kernelStart.map(({ block, name }) => `${block}.${name}`)).to.deep.equal(
      shared.kernel_start_values.map(({ block, name }) => `${block}.${name}`),
    );
    for (const [i, { value }] of kernelStart.entries())
      if (value !== null) expect(value).to.equal(Number(shared.kernel_start_values[i]?.value));
  });

  it('the whitelist of task bodies is what Mesa writes in a convolution', function () {
    needShared(this, file);
    const shared = sharedJson(file) as SharedRegisters;
    const named = shared.mesa_conv_write_order.map((name) => name.replace('.0x', '.raw').replace('.raw_', '.raw'));
    const ours = taskRegisters.map(({ block, name }) => `${block}.${name}`);
    expect([...new Set(named)].toSorted()).to.deep.equal(ours.toSorted());
  });

  it('no two registers share an offset, no two fields share a bit', () => {
    expect(new Set(registers.map(({ offset }) => offset)).size).to.equal(registers.length);
    for (const register of registers) {
      const bits = allFields(register).reduce((sum, { msb, lsb }) => sum + (2 ** (msb - lsb + 1) - 1) * 2 ** lsb, 0);
      expect(bits, `${register.block}.${register.name}`).to.equal(2 ** 32 - 1);
    }
  });

  it('every field has a source and a tag', () => {
    for (const register of registers) {
      expect(register.source).to.not.equal('');
      for (const field of register.fields) {
        expect(tagOf(register, field)).to.be.oneOf(['silicon', 'driver', 'inferred']);
        expect(sourceOf(register, field)).to.match(/Mesa|gregordinary|vendor's compiler/);
      }
    }
    expect(tagOf(findRegister('CNA', 'CBUF_CON0'), findRegister('CNA', 'CBUF_CON0').fields[0] as Field)).to.equal(
      'silicon',
    );
  });

  it('registers that NVDLA has too name their ancestor', () => {
    expect(findRegister('CNA', 'CBUF_CON1').ancestor).to.equal('CDMA_D_ENTRY_PER_SLICE');
    expect(findRegister('DPU', 'OUT_CVT_SCALE').ancestor).to.equal('SDP_D_CVT_SCALE');
    expect(findRegister('DPU', 'BS_OW_OP').ancestor).to.equal(undefined);
    expect(registers.filter(({ ancestor }) => ancestor !== undefined)).to.have.length.above(100);
  });

  it('a task ends with the barrier and the word that starts blocks', () => {
    expect(tailTargets).to.deep.equal({ barrier: 0x0041, operationEnable: 0x0081 });
  });
});
