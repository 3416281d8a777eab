import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin } from '../../../src/lab/mesa/bound.js';
import type { DefectName } from '../../../src/lab/mesa/defects.js';
import { repository } from '../../host/repository.js';
import { type LayerSpec, needAddon, runLayer } from './layer.js';

/**
 * Each patch of mesa-patches/ on the software NPU: a layer as Mesa emits it is wrong, or cannot be executed, and right with
 * the patched value. src/lab/mesa/ emits both; recorded.test.ts holds it to Mesa's own words and bytes.
 */
interface Shown {
  readonly what: string;
  readonly layer: LayerSpec;
  /** Set right in both runs: defects that would hide the one that is shown. */
  readonly with?: readonly DefectName[];
  /** What the NPU says of the layer as it is, where it does not execute. */
  readonly refused?: RegExp;
}

const usual = { scales: [0.02, 0.005, 0.03], zeroPoints: [128, 120, 128] } as const;
const square = { height: 12, width: 12, ...usual } as const;

/** 2^-7 less the smallest step of a float32: every bit of the mantissa is set. */
const allOnes = (exponent: number): number => 2 ** exponent * (1 - 2 ** -24);

const depthwise = (channels: number): Pick<LayerSpec, 'depthwise' | 'channels' | 'outChannels' | 'kernel'> => ({
  depthwise: true,
  channels,
  outChannels: channels,
  kernel: [3, 3],
});

const patches: Readonly<Record<string, { readonly defect: DefectName; readonly shown: readonly Shown[] }>> = {
  'k1-width-height': {
    defect: 'k1',
    shown: [
      {
        what: 'a 3x3 convolution of 12x20',
        layer: { ...usual, height: 12, width: 20, channels: 32, outChannels: 32, kernel: [3, 3] },
      },
      {
        what: 'a depthwise convolution of 20x12, stride 2',
        layer: { ...usual, height: 20, width: 12, ...depthwise(64), stride: [2, 2] },
        with: ['k7'],
      },
      {
        what: 'a 1x5 kernel on a square',
        layer: { ...square, channels: 16, outChannels: 32, kernel: [1, 5], padding: 'valid' },
      },
    ],
  },
  'k2-signed-tensors': {
    defect: 'k2',
    shown: [
      {
        what: 'an int8 convolution',
        layer: { ...square, type: 'int8', zeroPoints: [-2, 0, 5], channels: 32, outChannels: 32, kernel: [1, 1] },
      },
      {
        what: 'an int8 depthwise convolution with padding',
        layer: { ...square, type: 'int8', zeroPoints: [-2, 0, 5], ...depthwise(64) },
        with: ['k7'],
      },
    ],
  },
  'k3-stride-y': {
    defect: 'k3',
    shown: [
      {
        what: 'stride 2 down and 1 across',
        layer: { ...usual, height: 24, width: 12, channels: 32, outChannels: 32, kernel: [3, 3], stride: [2, 1] },
        with: ['k1'],
      },
    ],
  },
  'k5-truncate-bits': {
    defect: 'k5',
    shown: [
      {
        what: 'the weight scale 0.0605373',
        layer: {
          ...square,
          scales: [0.02, 0.060537301003932953, 0.004],
          channels: 16,
          outChannels: 32,
          kernel: [1, 1],
        },
      },
    ],
  },
  'k6-multiplier-overflow': {
    defect: 'k6',
    shown: [-6, -7].map((exponent) => ({
      what: `a scale just below 2^${exponent}`,
      layer: { ...square, scales: [1, allOnes(exponent), 1], channels: 16, outChannels: 32, kernel: [1, 1] },
    })),
  },
  'k7-pad-constant': {
    defect: 'k7',
    shown: [
      {
        what: 'a depthwise layer with input zero-point 100',
        layer: { ...square, zeroPoints: [100, 120, 128], ...depthwise(64) },
      },
      {
        what: 'a 3x3 convolution behind an ADD with input zero-point 140',
        layer: {
          ...square,
          scales: [0.02, 0.005, 0.2],
          zeroPoints: [140, 120, 128],
          channels: 32,
          outChannels: 32,
          kernel: [3, 3],
          add: { operand: [0.021, 131], sum: [0.2, 117] },
        },
      },
    ],
  },
  'k8-relu-zero-point': {
    defect: 'k8',
    shown: [
      {
        what: 'ReLU with output zero-point 100',
        layer: {
          ...square,
          zeroPoints: [128, 120, 100],
          channels: 32,
          outChannels: 32,
          kernel: [1, 1],
          activation: 'relu',
        },
      },
    ],
  },
  'k13-weight-lanes': {
    defect: 'k13',
    shown: [
      { what: 'depthwise, 100 channels', layer: { ...square, ...depthwise(100) }, with: ['k7'] },
      { what: 'depthwise, 88 channels', layer: { ...square, ...depthwise(88) }, with: ['k7'] },
      { what: '40 channels to 7', layer: { ...square, channels: 40, outChannels: 7, kernel: [3, 3] } },
    ],
  },
  'k18-output-size': {
    defect: 'k18',
    shown: [
      {
        what: 'depthwise, 16 channels',
        layer: { ...square, height: 32, width: 32, ...depthwise(16) },
        with: ['k7'],
        refused: /DPU DST_BASE_ADDR .* is not inside one buffer/,
      },
    ],
  },
};

const folder = join(repository, 'mesa-patches');

describe('mesa-patches: wrong as Mesa emits it, right with the patch', function () {
  before(function () {
    needAddon(this);
  });

  it('every folder has its diff, its note and its layers here', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).toSorted()).to.deep.equal(Object.keys(patches).toSorted());
    for (const name of Object.keys(patches)) {
      expect(existsSync(join(folder, name, 'note.md')), name).to.equal(true);
      expect(readFileSync(join(folder, name, 'mesa.diff'), 'utf8'), name).to.match(
        /^--- a\/src\/gallium\/.*\n\+\+\+ b\//m,
      );
    }
  });

  for (const [name, { defect, shown }] of Object.entries(patches)) {
    for (const { what, layer, with: others = [], refused } of shown) {
      it(`${name}: ${what}`, () => {
        const asItIs = runLayer(layer, others);
        const patched = runLayer(layer, [...others, defect]);
        if (refused === undefined) {
          if (typeof asItIs === 'string') throw new Error(asItIs);
          expect(isWithin(asItIs), 'as it is').to.equal(false);
        } else expect(asItIs).to.match(refused);
        if (typeof patched === 'string') throw new Error(patched);
        expect(patched.outside, 'values outside of the bound, patched').to.equal(0);
        const before = typeof asItIs === 'string' ? 'refused' : `${asItIs.outside} wrong, by up to ${asItIs.largest}`;
        console.log(
          `      of ${patched.values} values: ${before}; patched: none, largest difference ${patched.largest}`,
        );
      });
    }
  }
});
