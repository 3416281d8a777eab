import { expect } from 'chai';
import { machineOf } from '../../src/hardware/machine.js';
import { predictions } from '../../src/cost/published.js';
import { convWorkCycles, type TaskCost, workMicroseconds } from '../../src/hardware/speed.js';
import { planCycles, timesOf } from '../../src/cost/time.js';
import { rk3588 } from '../../src/hardware/chips.js';

const cost = (cycles: number, input: number, weights = 0, operands = 0, output = 0): TaskCost => ({
  cycles,
  bytes: { input, weights, operands, output },
});

describe('cost: cycles, by the formula that gives the vendor compiler its table', () => {
  const direct = { depthwise: false, taps: 9, positions: 400, inputChannels: 64, outputChannels: 64 };
  const cycles = (changes: Partial<typeof direct>) => convWorkCycles(rk3588, { ...direct, ...changes });

  it('taps and groups of 32 channels and 32 kernels for each position', () => {
    expect(cycles({})).to.equal(400 * 9 * 2 * 2);
    expect(cycles({ inputChannels: 65, outputChannels: 33 })).to.equal(400 * 9 * 3 * 2);
  });

  it('positions in groups of 16: a plane of 7x7 counts 64', () => {
    expect(cycles({ positions: 49 })).to.equal(64 * 9 * 2 * 2);
    expect(cycles({ positions: 1 })).to.equal(16 * 9 * 2 * 2);
  });

  it('at least what the DPU needs: 8 channels of a position in a cycle, in whole groups of 32', () => {
    // MobileNetV1's 32 to 64 channels on 112x112: 100,352 cycles, not 25,088.
    expect(cycles({ taps: 1, positions: 112 * 112, inputChannels: 32 })).to.equal(100_352);
    expect(cycles({ taps: 1, inputChannels: 16, outputChannels: 96 })).to.equal(400 * 12);
    expect(cycles({ taps: 1, inputChannels: 16, outputChannels: 97 })).to.equal(400 * 16);
  });

  it('depthwise: a tap of 64 channels, but not faster than they are written', () => {
    expect(cycles({ depthwise: true, outputChannels: 65 })).to.equal(400 * 9 * 2);
    expect(cycles({ depthwise: true, taps: 1, outputChannels: 64 })).to.equal(400 * 8);
  });
});

describe('cost: time on a machine', () => {
  it('of a task is that of its cycles or of its bytes, whichever are more', () => {
    const machine = machineOf(rk3588, {});
    expect(workMicroseconds(machine, cost(4000, 3200))).to.equal(20);
    expect(workMicroseconds(machine, cost(4000, 32_000, 16_000, 8000, 16_000))).to.equal(72_000 / 3200);
  });

  it('memory: 16 bytes a cycle, at most 8 GB/s for a core and 16 GB/s for all of them', () => {
    const of = (megahertz: number, cores: number) =>
      workMicroseconds(machineOf(rk3588, { megahertz, cores }), cost(0, 48_000));
    expect([of(200, 1), of(200, 3)]).to.deep.equal([15, 15]);
    expect([of(500, 1), of(500, 2), of(500, 3)]).to.deep.equal([6, 6, 9]);
    expect([of(1000, 1), of(1000, 2), of(1000, 3)]).to.deep.equal([6, 6, 9]);
  });

  it('dispatch by the CPU that serves the interrupt; what a run goes by most', () => {
    const tasks = [cost(2000, 0), cost(20_000, 0)];
    const little = timesOf(machineOf(rk3588), tasks);
    const big = timesOf(machineOf(rk3588, { interruptCpu: 'big' }), tasks);
    expect([little.dispatch, big.dispatch]).to.deep.equal([102, 54]);
    expect([little.work, little.total, little.bound]).to.deep.equal([110, 212, 'compute']);
    expect(timesOf(machineOf(rk3588, { megahertz: 1000 }), tasks).bound).to.equal('dispatch');
    expect(timesOf(machineOf(rk3588), [cost(2000, 320_000)]).bound).to.equal('memory');
  });

  it('in plans: cycles of the chip at its own clock', () => {
    expect(planCycles(rk3588, cost(100, 1599))).to.equal(100);
    expect(planCycles(rk3588, cost(100, 1601))).to.equal(101);
  });
});

describe('cost: predicted against published', () => {
  const all = predictions(rk3588);
  const errorOf = (what: string, unit: string): number => {
    const found = all.find((one) => one.what === what && one.unit === unit);
    if (found === undefined) throw new Error(`no figure ${what}`);
    return found.error;
  };

  it("the vendor's programs on one core: times and bytes within 4 %", () => {
    for (const what of ['MobileNetV1, vendor, 1 core, 1 GHz', 'YOLOv5s-relu 640, vendor, 1 core, 1 GHz'])
      expect(errorOf(what, 'ms'), what).to.be.within(-0.04, 0.04);
    for (const what of ["MobileNetV1, vendor's program", "MobileNetV2, vendor's program"])
      expect(errorOf(what, 'MB'), what).to.be.within(-0.04, 0.04);
  });

  it("the vendor's table of cycles: MobileNetV1 to the digit", () => {
    const found = all.find(({ what, unit }) => what === "MobileNetV1, vendor's program" && unit === 'Mcycles');
    expect(Math.round((found?.predicted ?? 0) * 1e6)).to.equal(1_145_056);
    expect(errorOf("MobileNetV2, vendor's program", 'Mcycles')).to.be.within(-0.001, 0.001);
  });

  it('what the model leaves out makes it too short, by no more than is known', () => {
    // Tiles of three cores; Teflon's conversions and CPU kernels.
    expect(errorOf('YOLOv5s-relu 640, vendor, 3 cores, 1 GHz', 'ms')).to.be.within(-0.2, 0.04);
    for (const what of ['MobileNetV1', 'MobileNetV2', 'SSD MobileNetV1'])
      expect(errorOf(`${what}, Mesa, 200 MHz`, 'ms'), what).to.be.within(-0.4, 0);
  });

  it('every figure has its source, and no error is hidden by a range that it does not have', () => {
    for (const { what, source, least, most, predicted, error } of all) {
      expect(source, what).to.match(/\w{6}/);
      expect(least, what).to.be.at.most(most);
      const nearest = predicted < least ? least : predicted > most ? most : predicted;
      expect(error, what).to.be.closeTo(predicted / nearest - 1, 1e-12);
    }
  });
});
