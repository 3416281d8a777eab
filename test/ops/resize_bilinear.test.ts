import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { writeTflite } from '../host/tflite_writer.js';
import { byteType } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';
import {
  bilinear,
  bilinearModel,
  type Corners,
  grown,
  onePixel,
  shrunk,
  wideColumns,
  wideRows,
} from './resize_models.js';

describe('RESIZE_BILINEAR', () => {
  const powers = fc.oneof(grown(fc.constantFrom(1, 2, 4, 8, 16)), shrunk);
  differentialTest('by powers of two, and smaller', bilinear(powers, powers, byteType), everyValue);
  differentialTest('by powers of two, and smaller, in 2.3', bilinear(powers, powers, byteType), {
    ...everyValue,
    runtime: 'ai_edge_litert',
  });
  const odd = grown(fc.constantFrom(1, 3, 5, 7, 9, 11, 13, 15));
  differentialTest('uint8 by odd factors', bilinear(odd, odd, fc.constant('uint8')), everyValue);
  const wide = bilinear(wideRows, wideColumns, byteType);
  differentialTest('rows further apart than a task can write', wide, { ...everyValue, models: 6 });
  differentialTest('one pixel to any size', onePixel, { ...everyValue, models: 30 });

  const refusalOf = (type: 'int8' | 'uint8', to: readonly number[], corners: Corners): string => {
    const { refusals } = compileTflite(
      writeTflite(bilinearModel({ seed: 1, type, channels: 3, corners }, [8, 8], to).spec),
    );
    return refusals.map(({ rule, text }) => `${rule}: ${text}`).join();
  };
  it('says why others stay on the CPU', () => {
    expect(refusalOf('int8', [24, 24], 'plain')).to.match(/^exactness: 3x3: .*int8.*drift/);
    expect(refusalOf('int8', [24, 8], 'half')).to.match(/^exactness: 3x1: .*int8.*drift/);
    expect(refusalOf('uint8', [48, 48], 'plain')).to.match(/^exactness: 6x6: ties/);
    expect(refusalOf('uint8', [24, 16], 'plain')).to.match(/^exactness: 3x2: ties/);
    expect(refusalOf('uint8', [12, 8], 'plain')).to.match(/^factors: 8x8 to 12x8/);
    expect(refusalOf('uint8', [16, 16], 'aligned')).to.match(/^factors: 8x8 to 16x16 with aligned corners/);
    expect(refusalOf('uint8', [24, 24], 'plain')).to.equal('');
  });
});
