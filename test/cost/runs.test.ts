import { expect } from 'chai';
import { cheapestRuns, type Cuts, type RunNode } from '../../src/cost/runs.js';
import { seededRandom } from '../host/random.js';

/** By trying every way. */
const tried = (nodes: readonly RunNode[], { enter, leave, job }: Cuts): number => {
  let best = Infinity;
  for (let way = 0; way < 2 ** nodes.length; way++) {
    const isCpu = (position: number): boolean =>
      position < 0 || position >= nodes.length || ((way >> position) & 1) === 1;
    let cost = 0;
    for (let position = 0; position <= nodes.length; position++) {
      const [before, now] = [isCpu(position - 1), isCpu(position)];
      if (before && !now) cost += (enter[position] ?? NaN) + job;
      if (!before && now) cost += leave[position] ?? NaN;
      const node = nodes[position];
      if (node !== undefined) cost += now ? node.cpu : node.npu;
    }
    best = Math.min(best, cost);
  }
  return best;
};

describe('cost: runs of a part that the CPU does sooner', () => {
  const free: Cuts = { enter: Array<number>(9).fill(0), leave: Array<number>(9).fill(0), job: 10 };

  it('drops a run in the middle only where it saves more than the cuts and the job', () => {
    const nodes = [50, 3, 3, 50].map((cpu, i) => ({ npu: i === 1 || i === 2 ? 9 : 5, cpu }));
    expect(cheapestRuns(nodes, free).onCpu).to.deep.equal([1, 2]);
    expect(cheapestRuns(nodes, { ...free, job: 13 }).onCpu).to.deep.equal([]);
    expect(cheapestRuns(nodes, { ...free, enter: [0, 0, 0, 3, 0] }).onCpu).to.deep.equal([]);
  });

  it('drops all of a part that saves nothing, and keeps one that does', () => {
    expect(cheapestRuns([{ npu: 5, cpu: 4 }], free).onCpu).to.deep.equal([0]);
    expect(cheapestRuns([{ npu: 5, cpu: 16 }], free)).to.deep.equal({ onCpu: [], best: 15, allNpu: 15 });
  });

  it('finds what trying every way finds', () => {
    const random = seededRandom(7);
    const some = (count: number): readonly number[] => Array.from({ length: count }, () => random.between(0, 20));
    for (let i = 0; i < 200; i++) {
      const [npu, cpu] = [some(8), some(8)];
      const nodes = npu.map((one, n) => ({ npu: one, cpu: cpu[n] ?? NaN }));
      const cuts = { enter: some(9), leave: some(9), job: random.between(0, 20) };
      const { best, allNpu, onCpu } = cheapestRuns(nodes, cuts);
      expect(best).to.be.closeTo(tried(nodes, cuts), 1e-9);
      expect(best).to.be.at.most(allNpu + 1e-9);
      expect(new Set(onCpu).size).to.equal(onCpu.length);
    }
  });
});
