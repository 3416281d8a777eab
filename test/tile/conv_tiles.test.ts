import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../host/holds.js';
import { entriesPerBank, kernelWrong, rowEntries, tapSpanWrong } from '../../src/hardware/capability.js';
import { type Chip, rk3588 } from '../../src/hardware/chips.js';
import type { ConvGeometry, ConvOperation } from '../../src/ir/operation.js';
import { convTiles } from '../../src/tile/conv_tiles.js';

const { limits } = rk3588;

/** The RK3588, or one with another CBUF: as many banks as the registers can name, of which two are left for features. */
const anyChip = fc.oneof(
  fc.constant(rk3588),
  fc
    .record({
      banks: fc.integer({ min: 5, max: 15 }),
      bankBytes: fc.constantFrom(16 * 1024, 32 * 1024, 64 * 1024),
      streaming: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ banks, bankBytes, streaming }): Chip => ({
      ...rk3588,
      cbuf: { ...rk3588.cbuf, banks, bankBytes, streamingBanks: Math.min(streaming, banks - 3) },
    })),
);

const operationOf = (geometry: ConvGeometry, depthwise: boolean): ConvOperation => ({
  kind: 'conv',
  nodes: [0],
  output: 1,
  input: 0,
  depthwise,
  geometry,
  weights: new Int8Array(),
  weightZeroPoint: 0,
  inputZeroPoint: 0,
  numbers: { multipliers: [], bias: new Int32Array(), dead: [], outputZeroPoint: 0, range: [-128, 127] },
  stages: null,
  residual: null,
});

/** SAME-padded geometries of any size that the register fields can name, some with more padding behind the plane. */
const geometries = fc
  .record({
    inputHeight: fc.integer({ min: 1, max: 600 }),
    inputWidth: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 5000 })),
    kernelHeight: fc.integer({ min: 1, max: 11 }),
    kernelWidth: fc.integer({ min: 1, max: 11 }),
    strideY: fc.integer({ min: 1, max: 4 }),
    strideX: fc.integer({ min: 1, max: 4 }),
    channels: fc.integer({ min: 1, max: 1500 }),
    outputChannels: fc.integer({ min: 1, max: 600 }),
    depthwise: fc.boolean(),
    behind: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: limits.pad })),
  })
  .map(({ channels, outputChannels, depthwise, behind, ...g }) => {
    const inputChannels = channels;
    const outputHeight = Math.ceil(g.inputHeight / g.strideY);
    const outputWidth = Math.ceil(g.inputWidth / g.strideX);
    const pad = (output: number, stride: number, kernel: number, input: number): number =>
      Math.floor(Math.max(0, (output - 1) * stride + kernel - input) / 2);
    return {
      depthwise,
      geometry: {
        ...g,
        dilationY: 1,
        dilationX: 1,
        inputChannels,
        outputChannels: depthwise ? inputChannels : outputChannels,
        outputHeight: outputHeight + Math.floor(behind / g.strideY),
        outputWidth: outputWidth + Math.floor(behind / g.strideX),
        padTop: pad(outputHeight, g.strideY, g.kernelHeight, g.inputHeight),
        padLeft: pad(outputWidth, g.strideX, g.kernelWidth, g.inputWidth),
      },
    };
  });

/** The tile reads from the first wanted element inside the plane to the last, and pads what is before it. */
const holdsWindow = (
  first: number,
  count: number,
  start: number,
  size: number,
  pad: number,
  stride: number,
  kernel: number,
  length: number,
  planePad: number,
): boolean => {
  const wanted = first * stride - planePad;
  // Windows behind the plane need nothing of it, but one of a tile must start inside.
  const last = Math.min(first + count - 1, Math.floor((length - 1 + planePad) / stride));
  const end = last * stride - planePad + kernel;
  return (
    wanted < length &&
    start === Math.max(0, wanted) &&
    pad === Math.max(0, -wanted) &&
    start + size <= length &&
    start + size >= Math.min(length, end)
  );
};

describe('tile: convolutions', () => {
  it('every output value is made exactly once, from a window that holds what it needs, within CBUF', () => {
    holds(
      fc.property(anyChip, geometries, (chip, { geometry: g, depthwise }) => {
        const { cbuf } = chip;
        // Rule and tiler ask the same of the chip: what the one takes, the other can cut.
        fc.pre(kernelWrong(chip, g, depthwise) === null);
        const tiles = convTiles(chip, operationOf(g, depthwise));
        expect(tiles).to.not.equal(null);
        let values = 0;
        for (const tile of tiles ?? []) {
          values += tile.outputRows * tile.outputColumns * tile.channels;
          const channels = depthwise ? tile.channels : g.inputChannels;
          const entries = rowEntries(chip, tile.inputColumns, channels) * tile.inputRows;
          const fits =
            Math.ceil(entries / entriesPerBank(chip)) + cbuf.spareBanks <= tile.banks.data &&
            tile.banks.data + tile.banks.weights === cbuf.banks;
          const named = Math.max(tile.inputRows, tile.inputColumns, tile.outputColumns) <= limits.window;
          const rows = holdsWindow(
            tile.outputRow,
            tile.outputRows,
            tile.inputRow,
            tile.inputRows,
            tile.padTop,
            g.strideY,
            g.kernelHeight,
            g.inputHeight,
            g.padTop,
          );
          const columns = holdsWindow(
            tile.outputColumn,
            tile.outputColumns,
            tile.inputColumn,
            tile.inputColumns,
            tile.padLeft,
            g.strideX,
            g.kernelWidth,
            g.inputWidth,
            g.padLeft,
          );
          // One check for all: a call of expect for each of some thousand tiles would take the time of the test.
          if (!fits || !named || !rows || !columns)
            expect({ tile, fits, named, rows, columns }).to.equal('a tile that holds its window');
        }
        expect(values).to.equal(g.outputHeight * g.outputWidth * g.outputChannels);
      }),
      { numRuns: 100 },
    );
  });

  it('every dilation whose taps fit the convolution buffer can be cut', () => {
    const rate = fc.integer({ min: 1, max: limits.dilation });
    let [within, beyond] = [0, 0];
    holds(
      fc.property(anyChip, geometries, rate, rate, (chip, { geometry, depthwise }, dilationY, dilationX) => {
        const g = { ...geometry, strideY: 1, strideX: 1, dilationY, dilationX, padTop: 0, padLeft: 0 };
        const [outputHeight, outputWidth] = [
          g.inputHeight - (g.kernelHeight - 1) * dilationY,
          g.inputWidth - (g.kernelWidth - 1) * dilationX,
        ];
        const plain = { ...g, dilationY: 1, dilationX: 1 };
        fc.pre(outputHeight > 0 && outputWidth > 0 && kernelWrong(chip, plain, depthwise) === null);
        const fits = tapSpanWrong(chip, g, depthwise) === null;
        if (!fits) {
          beyond++;
          return;
        }
        within++;
        expect(convTiles(chip, operationOf({ ...g, outputHeight, outputWidth }, depthwise))).to.not.equal(null);
      }),
      { numRuns: 120 },
    );
    expect(Math.min(within, beyond)).to.be.greaterThan(20);
  });
});
