import { expect } from 'chai';
import { seededRandom } from '../host/random.js';
import { convolution, type ConvolutionShape, kernelBytesOf, kernelsOf, writtenChannels } from './layers.js';
import { driverOrSkip, type Region, runNative } from './native.js';
import { type Settings, taskBytes } from './program.js';

/** A picture's bytes through the input converter give what the same picture gives as a cube of centred bytes. */
const at = { features: 0x100000, weights: 0x200000, output: 0x300000 };
const [cubeAddress, commandAddress] = [0x400000, 0x500000];

const shapeOf = (channels: number): ConvolutionShape => ({
  width: 20,
  height: 11,
  channels,
  kernel: 3,
  stride: 2,
  pad: 1,
  outWidth: 10,
  outHeight: 6,
  outChannels: 24,
  depthwise: false,
});

const requantize: Settings = { 'CNA.PAD_CON1': 0xffff8585, 'DPU.OUT_CVT_SCALE': 17000, 'DPU.OUT_CVT_SHIFT': 22 };

/** Mesa's words for one channel, and the same for more: (x * 16384 >> 14) - 128. */
const pixelInput = ({ channels, width, height }: ConvolutionShape): Settings => ({
  'CNA.CONV_CON1': { ARGB_IN: 7 + channels, NONALIGN_DMA: 1, GROUP_LINE_OFF: 1 },
  'CNA.CVT_CON0': { CVT_TRUNCATE_0: 14, CVT_TRUNCATE_1: 14, CVT_TRUNCATE_2: 14, CVT_TRUNCATE_3: 14 },
  'CNA.CVT_CON1': { CVT_SCALE0: 16384, CVT_OFFSET0: -128 },
  'CNA.CVT_CON2': { CVT_SCALE1: 16384, CVT_OFFSET1: -128 },
  'CNA.CVT_CON3': { CVT_SCALE2: 16384, CVT_OFFSET2: -128 },
  'CNA.CVT_CON4': { CVT_SCALE3: 16384, CVT_OFFSET3: -128 },
  'CNA.CVT_CON5': 0xffff,
  'CNA.CBUF_CON1': width * height,
  'CNA.DMA_CON1': width,
  'CNA.DMA_CON2': width * (height - 1),
});

describe('pixel input', () => {
  let driver = '';

  before(function () {
    driver = driverOrSkip(this);
  });

  for (const channels of [1, 2, 3, 4]) {
    it(`${channels} channels equal the cube`, () => {
      const random = seededRandom(channels);
      const shape = shapeOf(channels);
      const row = Math.ceil(shape.width / 16) * 16 * channels;
      const picture = Uint8Array.from({ length: row * shape.height }, () => random.integer(0, 255));
      const cube = new Uint8Array(shape.width * shape.height * 16);
      for (let y = 0; y < shape.height; y++)
        for (let i = 0; i < shape.width * channels; i++)
          cube[(y * shape.width + Math.floor(i / channels)) * 16 + (i % channels)] = (picture[y * row + i] ?? 0) ^ 0x80;
      const weights = Uint8Array.from({ length: kernelBytesOf(shape) * kernelsOf(shape) }, (_, i) =>
        i % 16 < channels ? random.integer(0, 255) : 0,
      );
      const answer = (settings: Settings): readonly Uint8Array[] => {
        const commands = taskBytes({ ...convolution(shape, at), ...requantize, ...settings }, 'convolution');
        const regions: readonly Region[] = [
          { iova: at.features, bytes: picture },
          { iova: cubeAddress, bytes: cube },
          { iova: at.weights, bytes: weights, constant: true },
          { iova: at.output, bytes: new Uint8Array(writtenChannels(shape) * shape.outWidth * shape.outHeight) },
          { iova: commandAddress, bytes: commands, constant: true },
        ];
        const tasks = [{ regcmd: commandAddress, words: commands.length / 8 }];
        return runNative(driver, [
          { regions, tasks },
          { regions, tasks, path: 'scalar' },
        ]).map(({ refusal, regions: after }) => {
          expect(refusal).to.equal(null);
          return Uint8Array.from(after[3] ?? []);
        });
      };
      const [fromCube] = answer({ 'CNA.FEATURE_DATA_ADDR': cubeAddress });
      const fromPixels = answer(pixelInput(shape));
      expect(new Set(fromCube).size).to.be.greaterThan(100);
      for (const output of fromPixels) expect(output).to.deep.equal(fromCube);
    });
  }

  it("the converter of Mesa's first layer in an ADD scales by 32388 / 32768, half to even", () => {
    const shape: ConvolutionShape = {
      ...shapeOf(1),
      width: 256,
      height: 1,
      kernel: 1,
      stride: 1,
      pad: 0,
      outWidth: 256,
      outHeight: 1,
      outChannels: 2,
    };
    const lanes = [0, 1, 2, 3].map((lane) => [
      `CNA.CVT_CON${lane + 1}`,
      { [`CVT_SCALE${lane}`]: 32388, [`CVT_OFFSET${lane}`]: -128 },
    ]);
    const settings: Settings = {
      ...convolution(shape, at),
      ...pixelInput(shape),
      'CNA.CVT_CON0': { CVT_TRUNCATE_0: 15, CVT_TRUNCATE_1: 15, CVT_TRUNCATE_2: 15, CVT_TRUNCATE_3: 15 },
      ...(Object.fromEntries(lanes) as Settings),
    };
    const weights = new Uint8Array(kernelBytesOf(shape) * kernelsOf(shape));
    weights[0] = 1; // one kernel of a group of two: its channel 0
    const commands = taskBytes(settings, 'convolution');
    const [answer] = runNative(driver, [
      {
        regions: [
          { iova: at.features, bytes: Uint8Array.from({ length: 256 }, (_, i) => i) },
          { iova: at.weights, bytes: weights, constant: true },
          { iova: at.output, bytes: new Uint8Array(256 * 32) },
          { iova: commandAddress, bytes: commands, constant: true },
        ],
        tasks: [{ regcmd: commandAddress, words: commands.length / 8 }],
      },
    ]);
    expect(answer?.refusal).to.equal(null);
    for (let x = 0; x < 256; x++) {
      const product = (x * 32388) / 32768;
      const down = Math.floor(product);
      const tie = product - down === 0.5;
      const rounded = tie ? down + (down % 2) : Math.round(product);
      expect(((answer?.regions[2]?.[x * 16] ?? 0) << 24) >> 24, `pixel ${x}`).to.equal(rounded - 128);
    }
  });
});
