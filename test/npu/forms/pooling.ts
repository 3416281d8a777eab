/** int8 pooling on the PPU, and the nearest-neighbour resize by 2. */
import { seededRandom } from '../../host/random.js';
import { clamp, type Cube, cubeBytes, cubeOf, type CubeShape, nearest } from '../machine.js';
import type { Settings } from '../program.js';
import { at, elementwise, type Form, planeBytes, taskBytes } from './form.js';

const random = seededRandom(1205);

interface Pool {
  readonly width: number;
  readonly height: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** Left, top, right, bottom. */
  readonly pad: readonly [number, number, number, number];
}

const channels = 24;
const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;

const outSides = ({ width, height, kernel, stride, pad }: Pool): readonly [number, number] => [
  Math.floor((width + pad[0] + pad[2] - kernel[0]) / stride) + 1,
  Math.floor((height + pad[1] + pad[3] - kernel[1]) / stride) + 1,
];

interface Half {
  /** Input columns and output columns: first, and count. */
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly padLeft: number;
  readonly padRight: number;
}

const poolTask = (pool: Pool, half: Half, mode: number, padValue: number): Uint8Array => {
  const [outWidth, outHeight] = outSides(pool);
  const plane = planeBytes(outWidth, outHeight);
  const [kw, kh] = pool.kernel;
  const notch = outWidth - half.output[1];
  const settings: Settings = {
    'PPU.S_POINTER': 0xe,
    'PPU_RDMA.RDMA_S_POINTER': 0xe,
    'PPU.DATA_CUBE_IN_WIDTH': half.input[1] - 1,
    'PPU.DATA_CUBE_IN_HEIGHT': pool.height - 1,
    'PPU.DATA_CUBE_IN_CHANNEL': channels - 1,
    'PPU.DATA_CUBE_OUT_WIDTH': half.output[1] - 1,
    'PPU.DATA_CUBE_OUT_HEIGHT': outHeight - 1,
    'PPU.DATA_CUBE_OUT_CHANNEL': channels - 1,
    'PPU.OPERATION_MODE_CFG': mode + notch * 0x10000,
    'PPU.POOLING_KERNEL_CFG': (((pool.stride - 1) * 0x11) << 16) + ((kh - 1) << 8) + kw - 1,
    'PPU.RECIP_KERNEL_WIDTH': mode === 0x10 ? Math.floor(65536 / kw) : 0,
    'PPU.RECIP_KERNEL_HEIGHT': mode === 0x10 ? Math.floor(65536 / kh) : 0,
    'PPU.POOLING_PADDING_CFG': half.padLeft + (pool.pad[1] << 4) + (half.padRight << 8) + (pool.pad[3] << 12),
    'PPU.PADDING_VALUE_1_CFG': padValue,
    'PPU.PADDING_VALUE_2_CFG': padValue < 0 ? 7 : 0,
    'PPU.DST_BASE_ADDR': at.output + half.output[0] * 16,
    'PPU.DST_SURF_STRIDE': plane,
    'PPU.DATA_FORMAT': plane,
    'PPU.MISC_CTRL': 3,
    'PPU_RDMA.RDMA_CUBE_IN_WIDTH': half.input[1] - 1,
    'PPU_RDMA.RDMA_CUBE_IN_HEIGHT': pool.height - 1,
    'PPU_RDMA.RDMA_CUBE_IN_CHANNEL': channels - 1,
    'PPU_RDMA.RDMA_SRC_BASE_ADDR': at.main + half.input[0] * 16,
    'PPU_RDMA.RDMA_SRC_LINE_STRIDE': pool.width * 16,
    'PPU_RDMA.RDMA_SRC_SURF_STRIDE': planeBytes(pool.width, pool.height),
    'PPU_RDMA.RDMA_DATA_FORMAT': 1,
  };
  return taskBytes(settings, 'pooling');
};

interface Kind {
  readonly title: string;
  readonly mode: number;
  readonly padValue: number;
  /** Of the values of a window that lie inside. */
  readonly take: (window: readonly number[]) => number;
  readonly flips: Readonly<Record<string, readonly string[]>>;
  readonly low?: number;
}

const pooled = (pool: Pool, kind: Kind, halves?: readonly Half[]): Form => {
  const [outWidth, outHeight] = outSides(pool);
  const input: CubeShape = {
    width: pool.width,
    height: pool.height,
    channels: 32,
    plane: planeBytes(pool.width, pool.height) / 16,
  };
  const bytes = cubeBytes(input, () => random.integer(kind.low ?? -128, kind.low === undefined ? 127 : -1));
  const inside = cubeOf(input, bytes);
  const output: CubeShape = {
    width: outWidth,
    height: outHeight,
    channels,
    plane: planeBytes(outWidth, outHeight) / 16,
  };
  const whole: Half = { input: [0, pool.width], output: [0, outWidth], padLeft: pool.pad[0], padRight: pool.pad[2] };
  const expected: Cube = (c, y, x) => {
    const window: number[] = [];
    for (let ky = 0; ky < pool.kernel[1]; ky++)
      for (let kx = 0; kx < pool.kernel[0]; kx++) {
        const [iy, ix] = [y * pool.stride + ky - pool.pad[1], x * pool.stride + kx - pool.pad[0]];
        if (iy >= 0 && ix >= 0 && iy < pool.height && ix < pool.width) window.push(inside(c, iy, ix));
      }
    return clamp(kind.take(window));
  };
  return {
    title: kind.title,
    memory: {
      main: { iova: at.main, bytes },
      output: { iova: at.output, bytes: new Uint8Array(planeBytes(outWidth, outHeight) * 2) },
    },
    tasks: (halves ?? [whole]).map((half) => poolTask(pool, half, kind.mode, kind.padValue)),
    output: { name: 'output', shape: output },
    expected,
    flips: { ppu_int8: ['refused'], ...kind.flips },
  };
};

const noPad = [0, 0, 0, 0] as const;
const largest = (window: readonly number[]): number => Math.max(...window);
const roundings = { ppu_int8_rounding: ['half_even', 'half_up', 'truncate'] } as const;

/** All values below 0: a padding of 0 would win. */
const same: Kind = {
  title: 'MAX_POOL 3x3/2 SAME: padding of 0 does not take part',
  mode: 0x11,
  padValue: 0,
  take: largest,
  flips: { ppu_max_padding: ['counts'] },
  low: -128,
};

const nearestTwice = (): Form => {
  const [width, height, surfaces] = [7, 5, 3];
  const input: CubeShape = { width, height, channels: surfaces * 16 };
  const bytes = cubeBytes(input, () => random.integer(0, 255));
  const inside = cubeOf(input, bytes);
  const output: CubeShape = { width: width * 2, height: height * 2, channels: surfaces * 16 };
  const row = width * 2;
  return {
    title: 'nearest-neighbour resize by 2: a task for 16 channels',
    memory: {
      main: { iova: at.main, bytes },
      output: { iova: at.output, bytes: new Uint8Array(bytes.length * 4) },
    },
    tasks: Array.from({ length: surfaces }, (_, s) =>
      taskBytes(
        {
          ...elementwise(row, height, 32, {}),
          'DPU.DATA_FORMAT': 0x04000000,
          'DPU.DST_BASE_ADDR': at.output + s * row * height * 2 * 16,
          'DPU.DST_SURF_STRIDE': row * 16,
          'DPU.SURFACE_ADD': row * 16,
          'DPU.DATA_CUBE_NOTCH_ADDR': row * 0x10001,
          'DPU_RDMA.RDMA_DATA_CUBE_WIDTH': width - 1,
          'DPU_RDMA.RDMA_DATA_CUBE_CHANNEL': 15,
          'DPU_RDMA.RDMA_SRC_BASE_ADDR': at.main + s * width * height * 16,
          'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0xf801,
          'DPU_RDMA.RDMA_SRC_DMA_CFG': 0x1249,
          'DPU_RDMA.RDMA_SURF_NOTCH': 0,
          'DPU_RDMA.RDMA_EW_SURF_NOTCH': 0,
        },
        'dpuOnly',
      ),
    ),
    output: { name: 'output', shape: output },
    expected: (c, y, x) => inside(c, Math.floor(y / 2), Math.floor(x / 2)),
    flips: { unpooling: ['refused'] },
  };
};

export const poolingForms: readonly Form[] = [
  pooled({ width: 12, height: 10, kernel: [3, 3], stride: 2, pad: [0, 0, 1, 1] }, same),
  pooled(
    { width: 10, height: 8, kernel: [2, 2], stride: 2, pad: noPad },
    {
      title: 'AVERAGE_POOL 2x2/2: one rounding, half away from zero',
      mode: 0x10,
      padValue: -128,
      take: (window) => nearest(mean(window)),
      flips: roundings,
    },
  ),
  pooled(
    { width: 10, height: 9, kernel: [5, 3], stride: 1, pad: noPad },
    {
      title: 'AVERAGE_POOL 5x3',
      mode: 0x10,
      padValue: 0,
      take: (window) => nearest((mean(window) * 15 * 13107 * 21845) / 2 ** 32),
      flips: { ppu_int8_rounding: ['truncate'] },
    },
  ),
  pooled(
    { width: 20, height: 20, kernel: [5, 5], stride: 1, pad: [2, 2, 2, 2] },
    { ...same, title: 'MAX_POOL 5x5 SAME in two halves of columns' },
    [
      { input: [0, 12], output: [0, 10], padLeft: 2, padRight: 0 },
      { input: [8, 12], output: [10, 10], padLeft: 0, padRight: 2 },
    ],
  ),
  nearestTwice(),
];
