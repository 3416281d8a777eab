import { expect } from 'chai';
import { seededRandom } from '../host/random.js';
import { driverOrSkip, type Region, runNative } from './native.js';
import { type Settings, taskBytes } from './program.js';

/** Pooling of fp16 cubes, 8 channels to an atom, against float64. */
const at = { input: 0x10000, output: 0x80000, commands: 0xf0000 };

interface Pool {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** left, top, right, bottom */
  readonly pad: readonly [number, number, number, number];
  readonly method: 'average' | 'max' | 'min';
  readonly padBits: number;
}

const halfView = new DataView(new ArrayBuffer(4));

/** fp16 bits of a value that fp16 holds exactly. */
const exactBits = (value: number): number => {
  if (value === 0) return 0;
  halfView.setFloat32(0, value);
  const bits = halfView.getUint32(0);
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 1023);
};

const valueOf = (bits: number): number => {
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return exponent === 31 ? (bits & 0x8000 ? -Infinity : Infinity) : bits & 0x8000 ? -size : size;
};

const sides = ({ width, height, kernel, stride, pad }: Pool): readonly [number, number] => [
  Math.floor((width + pad[0] + pad[2] - kernel[0]) / stride[0]) + 1,
  Math.floor((height + pad[1] + pad[3] - kernel[1]) / stride[1]) + 1,
];

const settingsOf = (pool: Pool): Settings => {
  const [outWidth, outHeight] = sides(pool);
  const cube: Settings = {
    'PPU.DATA_CUBE_IN_WIDTH': pool.width - 1,
    'PPU.DATA_CUBE_IN_HEIGHT': pool.height - 1,
    'PPU.DATA_CUBE_IN_CHANNEL': pool.channels - 1,
    'PPU_RDMA.RDMA_CUBE_IN_WIDTH': pool.width - 1,
    'PPU_RDMA.RDMA_CUBE_IN_HEIGHT': pool.height - 1,
    'PPU_RDMA.RDMA_CUBE_IN_CHANNEL': pool.channels - 1,
  };
  const reciprocal = (side: number): number => (pool.method === 'average' ? exactBits(65536 / side) : 0);
  return {
    'PPU.S_POINTER': 0xe,
    'PPU_RDMA.RDMA_S_POINTER': 0xe,
    ...cube,
    'PPU.DATA_CUBE_OUT_WIDTH': outWidth - 1,
    'PPU.DATA_CUBE_OUT_HEIGHT': outHeight - 1,
    'PPU.DATA_CUBE_OUT_CHANNEL': pool.channels - 1,
    'PPU.OPERATION_MODE_CFG': { POOLING_METHOD: ['average', 'max', 'min'].indexOf(pool.method), FLYING_MODE: 1 },
    'PPU.POOLING_KERNEL_CFG': {
      KERNEL_WIDTH: pool.kernel[0] - 1,
      KERNEL_HEIGHT: pool.kernel[1] - 1,
      KERNEL_STRIDE_WIDTH: pool.stride[0] - 1,
      KERNEL_STRIDE_HEIGHT: pool.stride[1] - 1,
    },
    'PPU.RECIP_KERNEL_WIDTH': reciprocal(pool.kernel[0]),
    'PPU.RECIP_KERNEL_HEIGHT': reciprocal(pool.kernel[1]),
    'PPU.POOLING_PADDING_CFG': {
      PAD_LEFT: pool.pad[0],
      PAD_TOP: pool.pad[1],
      PAD_RIGHT: pool.pad[2],
      PAD_BOTTOM: pool.pad[3],
    },
    'PPU.PADDING_VALUE_1_CFG': pool.padBits,
    'PPU.DST_BASE_ADDR': at.output,
    'PPU.DST_SURF_STRIDE': outWidth * outHeight * 16,
    'PPU.DATA_FORMAT': (outWidth * outHeight * 16) | 2,
    'PPU.MISC_CTRL': 3,
    'PPU_RDMA.RDMA_SRC_BASE_ADDR': at.input,
    'PPU_RDMA.RDMA_SRC_LINE_STRIDE': pool.width * 16,
    'PPU_RDMA.RDMA_SRC_SURF_STRIDE': pool.width * pool.height * 16,
    'PPU_RDMA.RDMA_DATA_FORMAT': 2,
  };
};

describe('pooling', () => {
  let driver = '';

  before(function () {
    driver = driverOrSkip(this);
  });

  const run = (
    pool: Pool,
    input: Uint16Array,
    changes: Settings = {},
    facts: Readonly<Record<string, string>> = {},
  ): string | Uint16Array => {
    const [outWidth, outHeight] = sides(pool);
    const commands = taskBytes({ ...settingsOf(pool), ...changes }, 'pooling');
    const regions: readonly Region[] = [
      { iova: at.input, bytes: new Uint8Array(input.buffer), constant: true },
      { iova: at.output, bytes: new Uint8Array(outWidth * outHeight * Math.ceil(pool.channels / 8) * 16) },
      { iova: at.commands, bytes: commands, constant: true },
    ];
    const [answer] = runNative(driver, [
      { regions, tasks: [{ regcmd: at.commands, words: commands.length / 8 }], facts },
    ]);
    return answer?.refusal ?? new Uint16Array(Uint8Array.from(answer?.regions[1] ?? []).buffer);
  };

  /** Integers of 8 bits: sums of a window are exact in every precision. */
  const integers = ({ width, height, channels }: Pool): Uint16Array => {
    const random = seededRandom(width);
    return Uint16Array.from({ length: width * height * Math.ceil(channels / 8) * 8 }, () =>
      exactBits(random.integer(-128, 127)),
    );
  };

  const expectPooled = (pool: Pool): void => {
    const input = integers(pool);
    const output = run(pool, input);
    if (typeof output === 'string') throw new Error(output);
    const [outWidth, outHeight] = sides(pool);
    output.forEach((bits, i) => {
      const [lane, x] = [i % 8, Math.floor(i / 8) % outWidth];
      const y = Math.floor(i / 8 / outWidth) % outHeight;
      const surface = Math.floor(i / 8 / outWidth / outHeight);
      const window: number[] = [];
      for (let ky = 0; ky < pool.kernel[1]; ky++) {
        for (let kx = 0; kx < pool.kernel[0]; kx++) {
          const [iy, ix] = [y * pool.stride[1] + ky - pool.pad[1], x * pool.stride[0] + kx - pool.pad[0]];
          const inside = iy >= 0 && ix >= 0 && iy < pool.height && ix < pool.width;
          const place = ((surface * pool.height + iy) * pool.width + ix) * 8 + lane;
          window.push(valueOf(inside ? (input[place] ?? 0) : pool.padBits));
        }
      }
      if (pool.method === 'average') {
        const average = window.reduce((sum, value) => sum + value, 0) / window.length;
        expect(valueOf(bits)).to.be.closeTo(average, Math.abs(average) / 500 + 1e-6);
      } else {
        expect(valueOf(bits)).to.equal(pool.method === 'max' ? Math.max(...window) : Math.min(...window));
      }
    });
  };

  const base: Pool = {
    width: 13,
    height: 9,
    channels: 20,
    kernel: [3, 2],
    stride: [2, 3],
    pad: [0, 0, 0, 0],
    method: 'max',
    padBits: 0,
  };

  it('takes the largest and the smallest', () => {
    expectPooled(base);
    expectPooled({ ...base, method: 'min' });
    expectPooled({ ...base, pad: [1, 1, 2, 1], padBits: 0xfc00 });
  });

  it('averages by two reciprocals; padding counts', () => {
    expectPooled({ ...base, method: 'average', kernel: [2, 4] });
    expectPooled({ ...base, method: 'average', kernel: [4, 2], pad: [2, 1, 1, 0] });
  });

  it('refuses what the RK3588 cannot do, or nobody knows', () => {
    const input = integers(base);
    const refused = (changes: Settings, pattern: RegExp, facts: Readonly<Record<string, string>> = {}): void => {
      expect(run(base, input, changes, facts)).to.match(pattern);
    };
    const int8 = { 'PPU.DATA_FORMAT': { INDEX_ADD: 6 * 3 } };
    refused(int8, /PPU DATA_FORMAT .*int8: the RK3588 pools fp16 cubes only/, { ppu_int8: 'refused' });
    refused(int8, /PPU_RDMA RDMA_DATA_FORMAT .*differs from the PPU's precision/);
    refused({ 'PPU_RDMA.RDMA_DATA_FORMAT': 1 }, /PPU_RDMA RDMA_DATA_FORMAT .*differs from the PPU's precision/);
    refused({ 'PPU_RDMA.RDMA_DATA_FORMAT': 0 }, /PPU_RDMA RDMA_DATA_FORMAT .*not modelled/);
    refused({ 'PPU.OPERATION_MODE_CFG': { FLYING_MODE: 1, INDEX_EN: 1 } }, /PPU OPERATION_MODE_CFG .*INDEX_EN/);
    refused({ 'PPU.DATA_CUBE_OUT_WIDTH': 6 }, /PPU DATA_CUBE_OUT_WIDTH .*right of the input/);
    refused({ 'PPU_RDMA.RDMA_SRC_BASE_ADDR': 0x4000 }, /PPU_RDMA RDMA_SRC_BASE_ADDR .*not inside one buffer/);
    refused({}, /PPU OPERATION_MODE_CFG .*time-out/, { ppu_only_task: 'times_out' });
  });
});
