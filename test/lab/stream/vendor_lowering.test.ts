import { expect } from 'chai';
import { readVendorPrograms } from '../../../src/lab/stream/vendor.js';
import { needShared, sharedJson } from '../../host/shared.js';
import { type FieldPair, isCubeInt8, rk3576Pairs, rk3588Pairs } from './vendor_fields.js';

/**
 * Our lowering beside the vendor's compiler, field by field. Every difference is here with why both are right; a new one
 * fails. None was found that had to be fixed.
 */
interface Difference {
  /** Tasks in which the field differs. */
  readonly count: number;
  readonly why: string;
  /** What holds in every one of them. */
  readonly holds: (vendor: number, ours: number) => boolean;
}

const rk3588: Readonly<Record<string, Difference>> = {
  'CNA.DATA_SIZE1.DATAIN_CHANNEL_REAL': {
    count: 455,
    why: 'free choice: the vendor counts the real channels of the last 64 only, Mesa all; both run on boards',
    holds: (vendor, ours) => vendor === ((ours - 1) % 64) + 1,
  },
  'CNA.WEIGHT_SIZE2.WEIGHT_KERNELS': {
    count: 12,
    why: 'free choice: an odd number of kernels, which Mesa (and we) make even with a kernel of zeros',
    holds: (vendor, ours) => vendor % 2 === 1 && ours === vendor + 1,
  },
  'CNA.CONV_CON2.FEATURE_GRAINS': {
    count: 536,
    why: 'free choice: rows that the feature fetch runs ahead; any 9 to 65 works in an RK3588 sweep, the vendor takes fewer',
    holds: (vendor, ours) => vendor >= 2 && vendor <= 28 && ours === 52,
  },
  'CNA.DMA_CON2.SURF_STRIDE': {
    count: 125,
    why: "free choice: the vendor's model inputs, which the host writes, stand packed; ours on 4 atoms as all planes that the DPU writes",
    holds: (vendor, ours) => ours > vendor && ours - vendor < 4,
  },
  'CNA.CBUF_CON0.DATA_BANK': {
    count: 270,
    why: 'free choice: banks that weights do not need go to features, in ours too; at least what the entries take',
    holds: (vendor, ours) => vendor > ours,
  },
};

const rk3576: Readonly<Record<string, Difference>> = {
  'surface stride': {
    count: 8,
    why: "free choice: the vendor's model inputs stand packed, ours on 4 atoms as all planes that the DPU writes",
    holds: (vendor, ours) => ours === Math.ceil(vendor / 4) * 4,
  },
  'written channels': {
    count: 48,
    why: 'another chip: depthwise tasks of the RK3576 write whole atoms, those of the RK3588 64 channels (its fp16 programs too)',
    holds: (vendor, ours) => vendor === Math.ceil(vendor / 8) * 8 && ours === Math.ceil(vendor / 64) * 64,
  },
  'weight bytes': {
    count: 64,
    why: 'another chip: depthwise weights stand twice in the buffer of the RK3576, and a rest of 48 channels is not filled to 64',
    holds: (vendor, ours) => vendor === 2 * ours || (vendor < 2 * ours && (vendor / 2 / 9) % 64 === 48),
  },
};

const check = (pairs: readonly FieldPair[], differences: Readonly<Record<string, Difference>>): number => {
  const found: Record<string, number> = {};
  for (const { field, vendor, ours } of pairs) {
    if (vendor === ours) continue;
    found[field] = (found[field] ?? 0) + 1;
    expect(differences[field]?.holds(vendor, ours), `${field}: ${vendor}, ours ${ours}`).to.equal(true);
  }
  expect(found).to.deep.equal(
    Object.fromEntries(Object.entries(differences).map(([field, { count }]) => [field, count])),
  );
  return pairs.length;
};

const report = (tasks: number, fields: number, differences: Readonly<Record<string, Difference>>): void => {
  const differing = Object.values(differences).reduce((sum, { count }) => sum + count, 0);
  console.log(`      ${tasks} tasks, ${fields} fields: ${fields - differing} equal, ${differing} explained`);
  for (const [field, { count, why }] of Object.entries(differences)) console.log(`      ${field} (${count}): ${why}`);
};

describe("our lowering beside the vendor's programs, field by field", () => {
  before(function () {
    needShared(this, 'hardware/conv-shapes.json');
  });

  it('RK3588, fp16: the same window of bytes', () => {
    const programs = readVendorPrograms(sharedJson('hardware/conv-shapes.json')).filter(
      ({ chip }) => chip === 'rk3588',
    );
    const tasks = programs.flatMap(rk3588Pairs);
    expect(tasks.length).to.equal(536);
    report(tasks.length, check(tasks.flat(), rk3588), rk3588);
  });

  it('RK3576, int8 from a cube: values of the same meaning', () => {
    const programs = readVendorPrograms(sharedJson('hardware/conv-shapes.json')).filter(isCubeInt8);
    expect(programs.length).to.equal(86);
    report(programs.length, check(programs.flatMap(rk3576Pairs), rk3576), rk3576);
  });
});
