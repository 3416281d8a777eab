import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { convolution, type ConvolutionShape } from './layers.js';
import { buildNative, type Region, runNative } from './native.js';
import { taskBytes } from './program.js';

/** Buffers that somebody captured around one run of Mesa's driver on an RK3588 board. */
const file = join(repository, '../shared/hardware/silicon-dw-int8.json');

const shape: ConvolutionShape = {
  width: 8,
  height: 8,
  channels: 64,
  kernel: 3,
  stride: 1,
  pad: 1,
  outWidth: 8,
  outHeight: 8,
  outChannels: 64,
  depthwise: true,
};

const values = 8 * 8 * 64;
const at = { features: 0x10000, weights: 0x20000, output: 0x30000 };
const [biasAddress, commandAddress] = [0x40000, 0x50000];

describe('values captured on silicon', function () {
  it('a depthwise layer of 8x8x64: every output byte', function () {
    const driver = buildNative('driver', ['driver.c']);
    if ('why' in driver || !existsSync(file))
      return skip(this, 'why' in driver ? driver.why : 'shared: no captured buffers beside the repository');
    const vector = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
    const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(vector[`${name}_b64`] ?? '', 'base64'));
    // What the run programmed: weights and pad constant of zero-points taken as unsigned, Mesa's multiplier of the scales.
    const settings = {
      ...convolution(shape, at),
      'CNA.PAD_CON1': 0x7e,
      'DPU.BS_CFG': { BS_ALU_ALGO: 2, BS_ALU_SRC: 1, BS_RELU_BYPASS: 1, BS_MUL_BYPASS: 1 },
      'DPU.BS_OW_CFG': { SIZE_E_0: 3, SIZE_E_1: 3, SIZE_E_2: 3 },
      'DPU.BS_OW_OP': 0x80,
      'DPU.OUT_CVT_OFFSET': -123,
      'DPU.OUT_CVT_SCALE': 17675,
      'DPU.OUT_CVT_SHIFT': 22,
      'DPU_RDMA.RDMA_BRDMA_CFG': { BRDMA_DATA_USE: 1 },
      'DPU_RDMA.RDMA_BS_BASE_ADDR': biasAddress,
    };
    const commands = taskBytes(settings, 'convolution');
    const regions: readonly Region[] = [
      { iova: at.features, bytes: bytes('input').subarray(0, values) },
      { iova: at.weights, bytes: bytes('weights'), constant: true },
      { iova: at.output, bytes: new Uint8Array(values) },
      { iova: biasAddress, bytes: bytes('biases'), constant: true },
      { iova: commandAddress, bytes: commands, constant: true },
    ];
    const tasks = [{ regcmd: commandAddress, words: commands.length / 8 }];
    const runs = [
      { regions, tasks },
      { regions, tasks, path: 'portable' as const },
      { regions, tasks, path: 'scalar' as const },
    ];
    const wanted = bytes('output').subarray(0, values);
    for (const { refusal, regions: after } of runNative(driver.path, runs)) {
      expect(refusal).to.equal(null);
      const equal = wanted.reduce((count, byte, i) => count + (after[2]?.[i] === byte ? 1 : 0), 0);
      expect(equal).to.equal(values);
    }
    console.log(`      ${values} of ${values} bytes, on three paths`);
  });
});
