import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { type Numerics, numericsNames, numericsOfVersion } from '../../src/graph/numerics.js';
import { readTflite } from '../../src/tflite/reader.js';
import {
  effectiveScale,
  multiplyByQuantizedMultiplier,
  multiplyRoundedOnce,
  quantizeMultiplier,
} from '../../src/tflite/multiplier.js';
import { convolutionLayer } from '../../src/lab/reference/layer.js';
import { needShared, sharedPath } from '../host/shared.js';

describe('quantize: the numbers of a release', () => {
  it('uint8 multipliers of layers on which the releases part, as recorded from their kernels', function () {
    const path = 'models/mobilenet_v1_1.0_224_quant.tflite';
    needShared(this, path);
    const bytes = Uint8Array.from(readFileSync(sharedPath(path)));
    const mantissas = (numerics: Numerics): readonly (number | undefined)[] => {
      const { graph } = readTflite(bytes, 0, numerics);
      return graph.nodes.map((node) => convolutionLayer(graph, node)?.multipliers[0]?.mantissa);
    };
    const [old, middle, newest] = numericsNames.map(mantissas);
    expect(middle).to.deep.equal(old);
    expect(newest).to.not.deep.equal(old);
    const at = old?.findIndex((mantissa) => mantissa === 2081950125 || mantissa === 2081950080) ?? -1;
    expect([old?.[at], newest?.[at]].sort()).to.deep.equal([2081950080, 2081950125]);
  });

  it('a table of scales: only uint8 follows the release', () => {
    const scale = Math.fround(1 + 2 ** -12);
    for (const [type, numerics, mantissa] of [
      ['uint8', 'tflite-2.14', 2 ** 30 + 2 ** 19],
      ['uint8', 'litert-2.3', 2 ** 30 + 2 ** 19],
      ['uint8', 'litert-2.4', 2 ** 30 + 2 ** 19 + 2 ** 6],
      ['int8', 'tflite-2.14', 2 ** 30 + 2 ** 19 + 2 ** 6],
      ['int8', 'litert-2.3', 2 ** 30 + 2 ** 19 + 2 ** 6],
      ['int8', 'litert-2.4', 2 ** 30 + 2 ** 19 + 2 ** 6],
    ] as const)
      expect(
        quantizeMultiplier(effectiveScale(scale, scale, 1, { type, numerics })).mantissa,
        `${type} ${numerics}`,
      ).to.equal(mantissa);
  });

  it('once and twice', () => {
    const multiplier = quantizeMultiplier(0.3);
    expect([1, 11, -1].map((sum) => multiplyRoundedOnce(sum, multiplier))).to.deep.equal([0, 3, -0]);
    expect([1, 11, -1].map((sum) => multiplyByQuantizedMultiplier(sum, multiplier))).to.deep.equal([1, 4, -1]);
  });

  it('versions of packages', () => {
    for (const [name, version, numerics] of [
      ['tflite_runtime', '2.14.0', 'tflite-2.14'],
      ['libtensorflow-lite.so.2.14.1', '2.14.1', 'tflite-2.14'],
      ['ai-edge-litert', '1.2.0', 'tflite-2.14'],
      ['ai_edge_litert', '1.3.0', 'litert-2.3'],
      ['tensorflow_cpu', '2.19.1', 'tflite-2.14'],
      ['tensorflow_cpu', '2.20.0', 'litert-2.3'],
      ['libtensorflow_cc.so.2', '2', null],
      ['ai_edge_litert', '2.3.0', 'litert-2.3'],
      ['ai-edge-litert-nightly', '2.4.0.dev20261026', 'litert-2.4'],
      ['ai_edge_litert', '3.0', 'litert-2.4'],
      ['numpy', '2.0', null],
      ['tensorflow', 'unknown', null],
    ] as const)
      expect(numericsOfVersion(name, version), `${name} ${version}`).to.equal(numerics);
  });
});
