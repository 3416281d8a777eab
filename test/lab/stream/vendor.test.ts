import { expect } from 'chai';
import { registerAt } from '../../../src/hardware/registers.js';
import { disassemble } from '../../../src/explain/disassemble.js';
import { executionRefusal } from '../../../src/explain/executable.js';
import { countNames, readVendorPrograms, type VendorProgram } from '../../../src/lab/stream/vendor.js';
import { needShared, sharedJson } from '../../host/shared.js';

const file = 'hardware/conv-shapes.json';

const fieldsOf = (program: VendorProgram): ReadonlyMap<string, number> =>
  new Map(
    disassemble(program, { all: true }).tasks.flatMap(({ writes }) =>
      writes.flatMap(({ register, fields }) =>
        fields.map(({ name, value }) => [`${register}.${name}`, value] as const),
      ),
    ),
  );

/** RK3576: a field, and the number of the layer that it holds. */
const followed: readonly (readonly [string, (g: Readonly<Record<string, number>>) => number | undefined])[] = [
  ['CONV_CON1.DEPTHWISE', (g) => g['dw']],
  ['CONV_CON1.FLOAT', (g) => g['is_float']],
  ['CONV_CON1.GROUP_LINE_OFF', (g) => g['argb']],
  ['CONV_CON3.CONV_X_STRIDE', (g) => g['stride_x']],
  ['CONV_CON3.CONV_Y_STRIDE', (g) => g['stride_y']],
  ['WEIGHT_SIZE0.WEIGHT_BYTES', (g) => g['weight_bytes']],
  ['WEIGHT_ELEMENTS.WEIGHT_ELEMENTS', (g) => g['weight_elems']],
  ['WEIGHT_SIZE2.WEIGHT_WIDTH', (g) => Number(g['kw']) - 1],
  ['WEIGHT_SIZE2.WEIGHT_HEIGHT', (g) => Number(g['kh']) - 1],
  ['DATA_SIZE1.DATAIN_CHANNEL', (g) => Number(g['ic']) - 1],
  ['DATA_SIZE0.DATAIN_WIDTH', (g) => Number(g['iw']) - 1],
  ['DATA_SIZE0.DATAIN_HEIGHT', (g) => Number(g['ih_task']) - 1],
  ['DATA_SIZE2.WEIGHT_BYTES_PER_KERNEL', (g) => g['weight_bytes_per_kernel']],
  ['DATA_SIZE2.DATAOUT_WIDTH', (g) => Number(g['ow']) - 1],
  ['DATA_SIZE3.DATAOUT_ATOMICS', (g) => Number(g['ow']) * Number(g['oh_task']) - 1],
  ['CBUF_CON0.ALLOWANCE', (g) => g['cbuf_f']],
  ['CBUF_CON0.FETCH_BASE', (g) => g['cbuf_low']],
  ['CBUF_CON1.DATAIN_WIDTH', (g) => g['iw']],
  ['PAD_CON0.PAD_TOP', (g) => g['pad_top']],
  ['PAD_CON0.PAD_LEFT', (g) => g['pad_left']],
  ['DATAOUT_SIZE_0.DATAOUT_WIDTH', (g) => Number(g['ow']) - 1],
  ['DATAOUT_SIZE_0.DATAOUT_HEIGHT', (g) => Number(g['oh_task']) - 1],
  ['DATAOUT_SIZE_1.DATAOUT_CHANNEL', (g) => Number(g['oc']) - 1],
  ['FEATURE_MODE_CFG.DEPTHWISE', (g) => g['dw']],
  ['DATA_CUBE_WIDTH.WIDTH', (g) => Number(g['ow']) - 1],
  ['DATA_CUBE_HEIGHT.HEIGHT', (g) => Number(g['oh_task']) - 1],
  ['DATA_CUBE_CHANNEL.CHANNEL', (g) => Number(g['oc']) - 1],
  ['WDMA_SIZE_0.CHANNEL_WDMA', (g) => Number(g['oc']) - 1],
  ['WDMA_SIZE_1.WIDTH_WDMA', (g) => Number(g['ow']) - 1],
  ['WDMA_SIZE_1.HEIGHT_WDMA', (g) => Number(g['oh_task']) - 1],
  ['SURFACE_ADD.SURF_ADD', (g) => g['surface_add']],
  ['RDMA_DATA_CUBE_WIDTH.WIDTH', (g) => Number(g['ow']) - 1],
  ['RDMA_DATA_CUBE_HEIGHT.HEIGHT', (g) => Number(g['oh_task']) - 1],
  ['RDMA_DATA_CUBE_CHANNEL.CHANNEL', (g) => Number(g['oc']) - 1],
];

describe("stream: the vendor's programs", () => {
  let programs: readonly VendorProgram[] = [];
  before(function () {
    needShared(this, file);
    programs = readVendorPrograms(sharedJson(file));
  });
  const of = (chip: string): readonly VendorProgram[] => programs.filter((program) => program.chip === chip);

  it('all are decoded; named and unnamed register writes are counted', () => {
    for (const [chip, count] of [
      ['rk3588', 70],
      ['rk3576', 158],
    ] as const) {
      const own = of(chip);
      expect(own).to.have.length(count);
      const counts = own.map(countNames);
      const sum = (key: 'named' | 'unnamed' | 'unnamedBits'): number => counts.reduce((n, one) => n + one[key], 0);
      console.log(`      ${chip}: ${count} programs, ${sum('named')} writes named, ${sum('unnamed')} not`);
      expect(sum('named')).to.be.above(8000);
      if (chip === 'rk3588') expect(sum('unnamed')).to.equal(0);
    }
  });

  it('fp16 and RK3576 programs are refused for execution by name', () => {
    for (const program of of('rk3576')) expect(executionRefusal(program)?.rule).to.equal('chip');
    for (const program of of('rk3588')) {
      const refusal = executionRefusal(program);
      expect(refusal?.rule).to.equal('precision');
      expect(refusal?.text).to.contain('CNA.CONV_CON1 IN_PRECISION is fp16');
    }
  });

  it("the RK3576's named fields hold the layer's numbers in every program", () => {
    for (const program of of('rk3576')) {
      const fields = fieldsOf(program);
      const wrong = followed
        .filter(([name, number]) => fields.get(name) !== number(program.geometry))
        .map(([name, number]) => `${name} is ${fields.get(name)}, not ${number(program.geometry)}`);
      expect(wrong, program.title).to.deep.equal([]);
    }
  });

  it("the RK3588's names have another place than the RK3576's", () => {
    expect(registerAt(0x1070)?.name).to.equal('FEATURE_DATA_ADDR');
    expect(registerAt(0x1088, 'rk3576')?.name).to.equal('FEATURE_DATA_ADDR');
    expect(registerAt(0x1070, 'rk3576')).to.equal(undefined);
  });
});
