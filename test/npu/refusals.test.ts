import { expect } from 'chai';
import { convolution, type ConvolutionShape } from './layers.js';
import { at, elementwise } from './forms/form.js';
import { execute, refusal } from './machine.js';
import { driverOrSkip } from './native.js';
import { registerWord, type Settings, tailWords, taskBytes, wordBytes } from './program.js';

/**
 * Words that are known by name, but that nobody has executed or that one core cannot do: a refusal names the register, the
 * value, and what it stands for.
 */
const shape: ConvolutionShape = {
  width: 8,
  height: 8,
  channels: 32,
  kernel: 1,
  stride: 1,
  pad: 0,
  outWidth: 8,
  outHeight: 8,
  outChannels: 32,
  depthwise: false,
};

const memory = {
  main: { iova: at.main, bytes: new Uint8Array(0x4000) },
  weights: { iova: at.weights, bytes: new Uint8Array(0x4000), constant: true },
  output: { iova: at.output, bytes: new Uint8Array(0x4000) },
};

const conv = (words: Settings): Uint8Array =>
  taskBytes(
    { ...convolution(shape, { features: at.main, weights: at.weights, output: at.output }), ...words },
    'convolution',
  );

const flyingTask = (words: Settings): Uint8Array => taskBytes(elementwise(8, 8, 32, words), 'dpuOnly');

const unpool = (words: Settings): Uint8Array =>
  flyingTask({
    'DPU.DATA_FORMAT': 0x04000000,
    'DPU_RDMA.RDMA_SRC_DMA_CFG': 0x1249,
    'DPU_RDMA.RDMA_DATA_CUBE_WIDTH': 3,
    ...words,
  });

/** A convolution whose link word says that cores meet. */
const meeting = (cores: number): Uint8Array => {
  const words = Object.entries(convolution(shape, { features: at.main, weights: at.weights, output: at.output })).map(
    ([name, setting]) => registerWord(name, setting),
  );
  const [link = 0n, , barrier = 0n, start = 0n] = tailWords(0x1d);
  return wordBytes([...words, link, registerWord('PC.REGISTER_AMOUNTS', { RENDEZVOUS: cores - 1 }), barrier, start]);
};

const table: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['16-bit copies without unpooling', flyingTask({ 'DPU.DATA_FORMAT': 0x04000000 }), /DPU DATA_FORMAT .*16-bit pairs/],
  ['16-bit transposes', flyingTask({ 'DPU.DATA_FORMAT': 0x24000001 }), /DPU DATA_FORMAT .*16-bit pairs/],
  ['TP_EN', flyingTask({ 'DPU.FEATURE_MODE_CFG': 0x400001e5 }), /DPU FEATURE_MODE_CFG .*TP_EN: transposes/],
  ['surface length', flyingTask({ 'DPU.FEATURE_MODE_CFG': 0x501e5 }), /DPU FEATURE_MODE_CFG .*SURF_LEN: transposes/],
  ['eight groups', flyingTask({ 'DPU.BS_OW_CFG': 0x7fe }), /DPU BS_OW_CFG .*SIZE_E 7: eight groups/],
  [
    'bit 27 of WDMA_SIZE_0',
    flyingTask({ 'DPU.WDMA_SIZE_0': 0x0800001f }),
    /DPU WDMA_SIZE_0 .*TP_PRECISION: transposes/,
  ],
  ['softmax', flyingTask({ 'DPU.FEATURE_MODE_CFG': 0x800001e5 }), /DPU FEATURE_MODE_CFG .*COMB_USE: .*softmax/],
  ['fp16 all round', flyingTask({ 'DPU.DATA_FORMAT': 0x48000002 }), /DPU DATA_FORMAT .*fp16/],
  ['fp16 output', conv({ 'DPU.DATA_FORMAT': 0x40000000 }), /DPU DATA_FORMAT .*fp16/],
  ['fp16 convolution', conv({ 'CNA.CONV_CON1': 0x120 }), /CNA CONV_CON1 .*fp16/],
  [
    'rows apart in the source',
    flyingTask({ 'DPU_RDMA.RDMA_SRC_DMA_CFG': 2 << 19 }),
    /RDMA_SRC_DMA_CFG .*LINE_NOTCH_ADDR/,
  ],
  ['a part of the cube', flyingTask({ 'DPU.WDMA_SIZE_1': 0x70003 }), /DPU WDMA_SIZE_1 .*a part of the cube/],
  ['single pixels', conv({ 'DPU.WDMA_SIZE_0': 0x6ff }), /DPU WDMA_SIZE_0 .*single pixels/],
  ['unpooling of int8 values', unpool({ 'DPU.DATA_FORMAT': 0 }), /DPU DATA_FORMAT .*unpooling is modelled for pairs/],
  [
    'unpooling by 3',
    unpool({
      'DPU_RDMA.RDMA_SRC_DMA_CFG': 0x1492,
      'DPU.DATA_CUBE_NOTCH_ADDR': 0x80008,
      'DPU.DST_SURF_STRIDE': 128,
      'DPU.SURFACE_ADD': 128,
    }),
    /RDMA_SRC_DMA_CFG .*only 0x00001249/,
  ],
  ['unpooling through BS', unpool({ 'DPU.BS_CFG': 0x20040 }), /DPU BS_CFG .*BS works on pairs/],
  ['unpooling through OUT_CVT', unpool({ 'DPU.OUT_CVT_SCALE': 3 }), /DPU OUT_CVT_SCALE .*only 0x00000001/],
  ...[1, 2, 4, 5].map(
    (code) =>
      [`cores share (${code})`, conv({ 'CNA.CONV_CON2': (code << 28) + 0x90 }), /CNA CONV_CON2 .*CORES_SHARE/] as const,
  ),
  ...[2, 3].map(
    (cores) =>
      [`${cores} cores meet`, meeting(cores), new RegExp(`REGISTER_AMOUNTS: RENDEZVOUS of ${cores} cores`)] as const,
  ),
  [
    'depthwise transposed',
    conv({ 'CNA.CONV_CON1': 0x10003 }),
    /CNA CONV_CON1 .*transposed convolution that is depthwise/,
  ],
  [
    'transposed with stride 2',
    conv({ 'CNA.CONV_CON1': 0x10000, 'CNA.CONV_CON3': 0x912 }),
    /CNA CONV_CON3 .*other strides/,
  ],
  ['DECONV strides alone', conv({ 'CNA.CONV_CON3': 0x909 }), /CNA CONV_CON3 .*DECONV is not set/],
  ['FEATURE_GRAINS 0', conv({ 'CNA.CONV_CON2': 0 }), /CNA CONV_CON2 .*FEATURE_GRAINS outside 1\.\.65/],
  ['S_POINTER 0x3e', flyingTask({ 'DPU.S_POINTER': 0x3e }), /S_POINTER: only 0xe/],
  ['SURFACE_ADD of a convolution', flyingTask({ 'DPU.SURFACE_ADD': 2048 }), /DPU SURFACE_ADD .*SIZE_E \+ 1/],
  ['SIZE_E of several sizes', flyingTask({ 'DPU.BS_OW_CFG': 0x22 }), /DPU BS_OW_CFG .*SIZE_E/],
];

describe('refusals by name', () => {
  let driver = '';

  before(function () {
    driver = driverOrSkip(this);
  });

  it('planes that are not a multiple of 4 atoms, where that is not trusted', () => {
    const facts = { plane_alignment: 'four_atoms' };
    const odd = { 'DPU.DST_SURF_STRIDE': 66 * 16, 'DPU.SURFACE_ADD': 66 * 16 };
    expect(execute({ driver, memory, tasks: [flyingTask(odd)] })).to.be.an('object');
    expect(refusal({ driver, memory, tasks: [flyingTask(odd)], facts })).to.match(
      /DPU DST_SURF_STRIDE .*multiple of 4 atoms/,
    );
    expect(execute({ driver, memory, tasks: [flyingTask({})], facts })).to.be.an('object');
  });

  for (const [title, task, pattern] of table) {
    it(title, () => {
      expect(refusal({ driver, memory, tasks: [task] })).to.match(pattern);
    });
  }
});
