import { expect } from 'chai';
import { seededRandom } from '../host/random.js';
import { convolution, type ConvolutionShape, kernelBytesOf, kernelsOf, writtenChannels } from './layers.js';
import { driverOrSkip, type Region, runNative } from './native.js';
import { type Settings, taskBytes } from './program.js';

/** An ADD that Mesa fuses into a convolution: its words, in one task and in two of some rows each. */
const at = { features: 0x100000, weights: 0x200000, output: 0x300000 };
const [operandAddress, commandAddress] = [0x400000, 0x500000];
const [width, height, channels] = [5, 6, 64];
const plane = width * height;

const signed = (byte: number): number => (byte << 24) >> 24;

/** Nearest, ties to even. */
const even = (value: number): number => {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down & 1) : Math.floor(value + 0.5);
};

const shapeOf = (rows: number): ConvolutionShape => ({
  width,
  height: rows,
  channels,
  kernel: 1,
  stride: 1,
  pad: 0,
  outWidth: width,
  outHeight: rows,
  outChannels: channels,
  depthwise: false,
});

const [operandOffset, operandScale, operandShift] = [-17, 18070, 9];
const [outOffset, outScale, outShift] = [4, 25914, 26];

/** Rows `first` to `first + rows`; strides are those of the whole plane. */
const taskOf = (first: number, rows: number): Settings => {
  const start = first * width * 16;
  const notch = (Math.max(plane, 12) + width * (height - rows)) << 4;
  return {
    ...convolution(shapeOf(rows), {
      features: at.features + start,
      weights: at.weights,
      output: at.output + start,
    }),
    'CNA.DMA_CON2': { SURF_STRIDE: width * (height - 4) },
    'DPU.DST_SURF_STRIDE': plane << 4,
    'DPU.SURFACE_ADD': (plane * 2) << 4,
    'DPU.EW_CFG': 0x904202c0,
    'DPU.EW_CVT_OFFSET_VALUE': operandOffset,
    'DPU.EW_CVT_SCALE_VALUE': (operandShift << 16) | operandScale,
    'DPU.OUT_CVT_OFFSET': outOffset,
    'DPU.OUT_CVT_SCALE': outScale,
    'DPU.OUT_CVT_SHIFT': outShift,
    'DPU_RDMA.RDMA_SRC_BASE_ADDR': operandAddress + start,
    'DPU_RDMA.RDMA_ERDMA_CFG': 0x40000004,
    'DPU_RDMA.RDMA_EW_BASE_ADDR': operandAddress + start + plane * 16,
    'DPU_RDMA.RDMA_EW_SURF_STRIDE': Math.max(plane, 12) << 4,
    'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7d00,
    'DPU_RDMA.RDMA_SURF_NOTCH': notch,
    'DPU_RDMA.RDMA_EW_SURF_NOTCH': notch,
  };
};

describe("Mesa's fused ADD", () => {
  let driver = '';

  before(function () {
    driver = driverOrSkip(this);
  });

  for (const rows of [[6], [4, 2]]) {
    it(`in ${rows.length} task(s)`, () => {
      const random = seededRandom(11);
      const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.integer(0, 255));
      const [features, operand] = [bytes(plane * channels), bytes(plane * channels)];
      const shape = shapeOf(height);
      const weights = bytes(kernelBytesOf(shape) * kernelsOf(shape));
      const streams = rows.map((count, i) =>
        taskBytes(
          taskOf(
            rows.slice(0, i).reduce((sum, one) => sum + one, 0),
            count,
          ),
          'convolution',
        ),
      );
      const words = new Uint8Array(0x2000);
      streams.forEach((stream, i) => words.set(stream, i * 0x1000));
      const regions: readonly Region[] = [
        { iova: at.features, bytes: features },
        { iova: at.weights, bytes: weights, constant: true },
        { iova: at.output, bytes: new Uint8Array(plane * writtenChannels(shape)) },
        { iova: operandAddress, bytes: operand },
        { iova: commandAddress, bytes: words, constant: true },
      ];
      const tasks = streams.map((stream, i) => ({ regcmd: commandAddress + i * 0x1000, words: stream.length / 8 }));
      const answers = runNative(driver, [
        { regions, tasks },
        { regions, tasks, path: 'scalar' },
      ]);
      /** Groups of 32 kernels, in each groups of 32 channels, kernel by kernel. */
      const weight = (k: number, c: number): number =>
        signed(weights[(k >> 5) * 32 * channels + (c >> 5) * 1024 + (k & 31) * 32 + (c & 31)] ?? 0);
      for (const { refusal, regions: after } of answers) {
        expect(refusal).to.equal(null);
        for (let position = 0; position < plane; position++) {
          for (let k = 0; k < channels; k++) {
            const place = (c: number): number => ((c >> 4) * plane + position) * 16 + (c & 15);
            let sum = even(((signed(operand[place(k)] ?? 0) + operandOffset) * operandScale) / 2 ** operandShift);
            for (let c = 0; c < channels; c++) sum += signed(features[place(c)] ?? 0) * weight(k, c);
            const value = Math.max(-128, Math.min(127, even((sum * outScale) / 2 ** outShift) + outOffset));
            expect(signed(after[2]?.[place(k)] ?? 0), `position ${position}, channel ${k}`).to.equal(value);
          }
        }
      }
    });
  }
});
