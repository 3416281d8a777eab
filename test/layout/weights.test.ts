import { expect } from 'chai';
import { rk3588 } from '../../src/hardware/chips.js';
import type { ConvGeometry, ConvOperation } from '../../src/ir/operation.js';
import { kernelBytes, packWeights } from '../../src/layout/weights.js';
import { operandBuffer } from '../../src/layout/operands.js';

const geometry = (kernel: number, inputChannels: number, outputChannels: number): ConvGeometry => ({
  inputHeight: 8,
  inputWidth: 8,
  inputChannels,
  outputHeight: 8,
  outputWidth: 8,
  outputChannels,
  kernelHeight: kernel,
  kernelWidth: kernel,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
  padTop: 0,
  padLeft: 0,
});

const operation = (
  g: ConvGeometry,
  depthwise: boolean,
  weights: Int8Array,
  weightZeroPoint: number,
): ConvOperation => ({
  kind: 'conv',
  nodes: [0],
  input: 0,
  output: 1,
  depthwise,
  geometry: g,
  weights,
  weightZeroPoint,
  inputZeroPoint: 0,
  numbers: { multipliers: [], bias: new Int32Array(), dead: [], outputZeroPoint: 0, range: [-128, 127] },
  stages: null,
  residual: null,
});

describe('layout: weights', () => {
  it('direct: kernel bytes are whole groups of 16 channels, padding holds the code for 0', () => {
    const g = geometry(1, 20, 3);
    const weights = Int8Array.from({ length: 60 }, (_, i) => i + 1);
    const op = operation(g, false, weights, -5);
    const packed = packWeights(rk3588, op, 0, 3);
    expect(kernelBytes(rk3588, op, 20)).to.equal(32);
    expect(packed).to.have.length(4 * 32);
    // One group of 32 kernels (4 of them), one group of 32 channels: kernel after kernel.
    expect([...packed.subarray(0, 20)]).to.deep.equal([...weights.subarray(0, 20)]);
    expect([...packed.subarray(20, 32)]).to.deep.equal(new Array(12).fill(-5));
    expect([...packed.subarray(96, 128)]).to.deep.equal(new Array(32).fill(-5));
  });

  it('direct: channel groups of 32 stand outside of taps, taps outside of kernels', () => {
    const g = geometry(2, 48, 2);
    const weights = Int8Array.from({ length: 2 * 4 * 48 }, (_, i) => (i * 7) % 127);
    const packed = packWeights(rk3588, operation(g, false, weights, 0), 0, 2);
    const at = (oc: number, tap: number, ic: number): number => weights[(oc * 4 + tap) * 48 + ic] ?? 0;
    expect(packed[0]).to.equal(at(0, 0, 0));
    expect(packed[32]).to.equal(at(1, 0, 0));
    expect(packed[64]).to.equal(at(0, 1, 0));
    expect(packed[4 * 64]).to.equal(at(0, 0, 32));
    expect(packed[4 * 64 + 16]).to.equal(at(1, 0, 32));
  });

  it('depthwise: groups of 64 channels, tap after tap', () => {
    const g = geometry(2, 70, 70);
    const weights = Int8Array.from({ length: 4 * 70 }, (_, i) => (i * 5) % 127);
    const packed = packWeights(rk3588, operation(g, true, weights, 0), 0, 70);
    expect(packed).to.have.length(4 * 80);
    expect(packed[64]).to.equal(weights[70]);
    expect(packed[4 * 64]).to.equal(weights[64]);
    expect(packed[4 * 64 + 16]).to.equal(weights[70 + 64]);
  });

  it('operands: groups of 8 channels hold the enabled operands in order, a multiplier is never 0', () => {
    const stage = {
      add: Int32Array.from([1, 2, 3]),
      multiply: Int32Array.from([100, 200, 300]),
      shift: 15,
      limit: null,
    };
    const buffer = operandBuffer(rk3588, stage, 7, 0, 3, 32);
    expect(buffer?.bytes.byteLength).to.equal(4 * 64);
    const view = new DataView((buffer?.bytes ?? new Uint8Array()).buffer);
    expect([view.getInt32(8, true), view.getInt16(32, true), view.getInt16(48 + 4, true)]).to.deep.equal([3, 7, 300]);
    expect(view.getInt16(48 + 6, true)).to.not.equal(0);
    expect(operandBuffer(rk3588, { ...stage, multiply: 5 }, 7, 0, 3, 32)?.bytes.byteLength).to.equal(4 * 32);
  });
});
