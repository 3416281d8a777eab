import { expect } from 'chai';
import { activationRange, typeRange } from '../../src/tflite/multiplier.js';
import { activation } from '../host/tflite_writer.js';

/** Codes between which TFLite clamps: float32 quotients, rounded half away from zero, within the type. */
describe('tflite: the range of a fused activation', () => {
  it('of each type without one is the type', () => {
    for (const type of ['int8', 'uint8'] as const)
      expect(activationRange(activation.none, 0.1, 3, type)).to.deep.equal(typeRange(type));
    expect([typeRange('int8'), typeRange('uint8')]).to.deep.equal([
      [-128, 127],
      [0, 255],
    ]);
  });

  it('ends at the zero-point, and at what the limit is in codes', () => {
    const cases = [
      [activation.relu, 0.1, 3, 'int8', [3, 127]],
      [activation.relu, 0.1, -128, 'int8', [-128, 127]],
      [activation.relu6, 0.1, 3, 'int8', [3, 63]],
      [activation.relu6, 0.1, 100, 'uint8', [100, 160]],
      [activation.relu6, 0.01, 100, 'uint8', [100, 255]],
      [activation.reluN1To1, 0.1, 3, 'int8', [-7, 13]],
      [activation.reluN1To1, 0.001, 3, 'int8', [-128, 127]],
      [activation.reluN1To1, 0.4, 10, 'uint8', [7, 13]], // 2.5 codes: away from zero on both sides
    ] as const;
    for (const [fused, scale, zero, type, range] of cases)
      expect(activationRange(fused, Math.fround(scale), zero, type), `${fused} ${scale}`).to.deep.equal(range);
  });

  it('is that of a quotient in float32, which can be a tie where the double is none', () => {
    // 6 / scale lies just below k + 1/2; as a float32 it is k + 1/2.
    for (const [scale, code] of [
      [2.4000000953674316, 3],
      [1.7142857313156128, 4],
      [1.3333333730697632, 5],
      [0.800000011920929, 8],
    ] as const) {
      expect(Math.round(6 / scale), `${scale}`).to.equal(code - 1);
      expect(activationRange(activation.relu6, scale, 0, 'int8'), `${scale}`).to.deep.equal([0, code]);
    }
  });

  it('is none for an activation that is not known', () => {
    expect(activationRange(17, 0.1, 0, 'int8')).to.equal(null);
  });
});
