/** Convolutions whose input is not a plain cube: pixels, column tiles, transposed convolutions. */
import { seededRandom } from '../../host/random.js';
import { convolution, type ConvolutionShape } from '../layers.js';
import { align, clamp, cubeBytes, cubeOf, type CubeShape, nearestEven, packDirect, signed } from '../machine.js';
import type { Settings } from '../program.js';
import { at, type Form, planeBytes, taskBytes } from './form.js';

const random = seededRandom(1204);
const byte = (): number => random.integer(0, 255);

const vendorConvolution = (shape: ConvolutionShape): Settings => {
  const plane = planeBytes(shape.outWidth, shape.outHeight);
  return {
    ...convolution(shape, { features: at.main, weights: at.weights, output: at.output }),
    'DPU.DST_SURF_STRIDE': plane,
    'DPU.SURFACE_ADD': plane * 2,
    'DPU.BS_CFG': 0x53,
    'DPU.BS_OW_CFG': 0x126,
    'DPU.BN_CFG': 0x53,
    'DPU.EW_CFG': 0x383,
    'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7810,
  };
};

const shiftFor = (products: number): number => Math.round(Math.log2((17001 * Math.sqrt(products) * 74 * 74) / 60));
const out = (products: number): Settings => ({
  'DPU.OUT_CVT_OFFSET': -7,
  'DPU.OUT_CVT_SCALE': 17001,
  'DPU.OUT_CVT_SHIFT': shiftFor(products),
});
const outOf = (sum: number, products: number): number =>
  clamp(nearestEven((sum * 17001) / 2 ** shiftFor(products)) - 7);

const pixels = (channels: number, width: number, height: number): Form => {
  const shape: ConvolutionShape = {
    width,
    height,
    channels,
    kernel: 3,
    stride: 2,
    pad: 1,
    outWidth: Math.floor((width - 1) / 2) + 1,
    outHeight: Math.floor((height - 1) / 2) + 1,
    outChannels: 16,
    depthwise: false,
  };
  const row = align(width, 16) * channels;
  const picture = Uint8Array.from({ length: row * height }, byte);
  const at9 = (c: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? -128 : signed(picture[y * row + x * channels + c]);
  const table = Int8Array.from({ length: 16 * channels * 9 }, byte);
  const weight = (k: number, c: number, ky: number, kx: number): number =>
    table[(k * channels + c) * 9 + ky * 3 + kx] ?? 0;
  const output: CubeShape = {
    width: shape.outWidth,
    height: shape.outHeight,
    channels: 16,
    plane: planeBytes(shape.outWidth, shape.outHeight) / 16,
  };
  const banks = Math.ceil((width * height * 16) / 32768);
  return {
    title: `pixels of ${channels} channels, rows of ${width} on multiples of 16`,
    memory: {
      main: { iova: at.main, bytes: picture },
      weights: {
        iova: at.weights,
        bytes: packDirect({ kernels: 16, channels, kernelHeight: 3, kernelWidth: 3 }, weight),
        constant: true,
      },
      output: { iova: at.output, bytes: new Uint8Array(planeBytes(shape.outWidth, shape.outHeight) * 2) },
    },
    tasks: [
      taskBytes(
        {
          ...vendorConvolution(shape),
          'CNA.CONV_CON1': 0x60008000 + ((channels - 1) << 12),
          'CNA.CBUF_CON0': ((12 - banks) << 4) + banks,
          'CNA.CBUF_CON1': width * height,
          'CNA.CVT_CON0': 0xb,
          'CNA.DMA_CON1': width,
          'CNA.DMA_CON2': width * (height - 1),
          'CNA.PAD_CON1': -128,
          ...out(9 * channels),
        },
        'convolution',
      ),
    ],
    output: { name: 'output', shape: output },
    expected: (k, y, x) => {
      let sum = 0;
      for (let ky = 0; ky < 3; ky++)
        for (let kx = 0; kx < 3; kx++)
          for (let c = 0; c < channels; c++) sum += at9(c, 2 * y - 1 + ky, 2 * x - 1 + kx) * weight(k, c, ky, kx);
      return outOf(sum, 9 * channels);
    },
    flips: channels > 1 ? { pixel_line_stride: ['bytes'] } : {},
  };
};

/** Every column tile is a task: GROUP_LINE_OFF, the first column's address, notches of the columns left out. */
const columns = (): Form => {
  const [width, height, channels, kernels, kernel] = [22, 9, 48, 32, 3];
  const input: CubeShape = { width, height, channels };
  const features = cubeBytes(input, byte);
  const inside = cubeOf(input, features);
  const table = Int8Array.from({ length: kernels * channels * 9 }, byte);
  const weight = (k: number, c: number, ky: number, kx: number): number =>
    table[(k * channels + c) * 9 + ky * 3 + kx] ?? 0;
  const plane = planeBytes(width, height);
  /** Output columns from .. to of a tile, and the input columns under them. */
  const tile = (from: number, to: number): Uint8Array => {
    const left = Math.max(0, from - 1);
    const right = Math.min(width, to + 1);
    const inWidth = right - left;
    const shape: ConvolutionShape = {
      width: inWidth,
      height,
      channels,
      kernel,
      stride: 1,
      pad: 1,
      outWidth: to - from,
      outHeight: height,
      outChannels: kernels,
      depthwise: false,
    };
    const notch = width - (to - from);
    return taskBytes(
      {
        ...vendorConvolution(shape),
        'CNA.CONV_CON1': 0x20000000,
        'CNA.PAD_CON0': { PAD_LEFT: from === 0 ? 1 : 0, PAD_TOP: 1 },
        'CNA.PAD_CON1': 5,
        'CNA.FEATURE_DATA_ADDR': at.main + left * 16,
        'CNA.DMA_CON1': width,
        'CNA.DMA_CON2': width * height - inWidth,
        'CNA.CBUF_CON1': Math.ceil((inWidth * channels) / 48),
        'DPU.DST_BASE_ADDR': at.output + from * 16,
        'DPU.DST_SURF_STRIDE': plane,
        'DPU.SURFACE_ADD': plane * 2,
        'DPU.DATA_CUBE_NOTCH_ADDR': (notch << 16) + notch,
        ...out(9 * channels),
      },
      'convolution',
    );
  };
  return {
    title: 'column tiles: strides in atoms with GROUP_LINE_OFF',
    memory: {
      main: { iova: at.main, bytes: features },
      weights: {
        iova: at.weights,
        bytes: packDirect({ kernels, channels, kernelHeight: 3, kernelWidth: 3 }, weight),
        constant: true,
      },
      output: { iova: at.output, bytes: new Uint8Array(plane * 2) },
    },
    tasks: [tile(0, 8), tile(8, 15), tile(15, width)],
    output: { name: 'output', shape: { width, height, channels: kernels, plane: plane / 16 } },
    expected: (k, y, x) => {
      let sum = 0;
      for (let ky = 0; ky < 3; ky++)
        for (let kx = 0; kx < 3; kx++)
          for (let c = 0; c < channels; c++) {
            const [iy, ix] = [y - 1 + ky, x - 1 + kx];
            const padding = iy < 0 || ix < 0 || iy >= height || ix >= width;
            sum += (padding ? 5 : inside(c, iy, ix)) * weight(k, c, ky, kx);
          }
      return outOf(sum, 9 * channels);
    },
    flips: { group_line_off: ['as_without'], output_notch: ['ignored'] },
  };
};

/** `kernel` x `kernel` taps, `stride` places between two inputs; cropped by `pad` on every side. */
const transposed = (kernel: number, stride: number, pad: number, zero: number): Form => {
  const [width, height, channels, kernels] = [6, 5, 20, 18];
  const full = (side: number): number => (side - 1) * stride + kernel - 2 * pad;
  const [outWidth, outHeight] = [full(width), full(height)];
  const input: CubeShape = { width, height, channels: 32 };
  const features = cubeBytes(input, (c) => (c < channels ? byte() : zero));
  const inside = cubeOf(input, features);
  const table = Int8Array.from({ length: kernels * channels * kernel * kernel }, byte);
  /** Of an output position (ty, tx) relative to its input's, as TFLite's filter has it. */
  const filter = (k: number, c: number, ty: number, tx: number): number =>
    table[((k * channels + c) * kernel + ty) * kernel + tx] ?? 0;
  const weights = packDirect({ kernels, channels, kernelHeight: kernel, kernelWidth: kernel }, (k, c, ky, kx) =>
    filter(k, c, kernel - 1 - ky, kernel - 1 - kx),
  );
  const plane = planeBytes(outWidth, outHeight);
  const products = Math.ceil((channels * kernel * kernel) / stride / stride);
  const shape: ConvolutionShape = {
    width,
    height,
    channels,
    kernel,
    stride: 1,
    pad: kernel - 1 - pad,
    outWidth,
    outHeight,
    outChannels: kernels,
    depthwise: false,
  };
  /* Scatters every input's kernel, then adds what a zero-point would have given in the gaps and beyond the borders. */
  const sums = new Map<number, number>();
  const key = (k: number, y: number, x: number): number => (k * outHeight + y) * outWidth + x;
  for (let k = 0; k < kernels; k++)
    for (let y = 0; y < outHeight; y++)
      for (let x = 0; x < outWidth; x++) {
        let whole = 0;
        for (let c = 0; c < channels; c++)
          for (let ty = 0; ty < kernel; ty++) for (let tx = 0; tx < kernel; tx++) whole += filter(k, c, ty, tx);
        sums.set(key(k, y, x), whole * zero);
      }
  for (let c = 0; c < channels; c++)
    for (let iy = 0; iy < height; iy++)
      for (let ix = 0; ix < width; ix++)
        for (let k = 0; k < kernels; k++)
          for (let ty = 0; ty < kernel; ty++)
            for (let tx = 0; tx < kernel; tx++) {
              const [y, x] = [iy * stride + ty - pad, ix * stride + tx - pad];
              if (y < 0 || x < 0 || y >= outHeight || x >= outWidth) continue;
              const place = key(k, y, x);
              sums.set(place, (sums.get(place) ?? 0) + (inside(c, iy, ix) - zero) * filter(k, c, ty, tx));
            }
  return {
    title: `TRANSPOSE_CONV ${kernel}x${kernel}/${stride}, zero-point ${zero}`,
    memory: {
      main: { iova: at.main, bytes: features },
      weights: { iova: at.weights, bytes: weights, constant: true },
      output: { iova: at.output, bytes: new Uint8Array(plane * 2) },
    },
    tasks: [
      taskBytes(
        {
          ...vendorConvolution(shape),
          'CNA.CONV_CON1': 0x10000,
          'CNA.CONV_CON3': 0x9 + (stride - 1) * 0x900,
          'CNA.PAD_CON1': zero,
          ...out(products),
        },
        'convolution',
      ),
    ],
    output: { name: 'output', shape: { width: outWidth, height: outHeight, channels: kernels, plane: plane / 16 } },
    expected: (k, y, x) => outOf(sums.get(key(k, y, x)) ?? 0, products),
    flips: zero !== 0 && stride > 1 ? { deconv_gaps: ['zero'] } : {},
  };
};

export const inputForms: readonly Form[] = [
  pixels(1, 32, 7),
  pixels(3, 20, 9),
  pixels(3, 224, 99),
  pixels(4, 33, 12),
  columns(),
  transposed(2, 2, 0, 0),
  transposed(3, 2, 0, -128),
  transposed(4, 2, 1, 33),
  transposed(5, 3, 1, -128),
];
