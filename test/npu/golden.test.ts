import { expect } from 'chai';
import { goldenNames, loadGolden } from './golden.js';
import { buildNative, runNative } from './native.js';
import { skip } from '../host/skip.js';

/**
 * Every recorded job runs. Mesa's output buffers have room for 32 channels where the DPU may write 64 (a defect of Mesa's,
 * or lanes that are never written): those tasks need one fact other than its default.
 */
const expected = {
  'mobilenet_v1_0.25_128_quant': { jobs: 28, tasks: 28, overruns: 2 },
  'mobilenet_v1_0.5_160_quant': { jobs: 28, tasks: 29, overruns: 1 },
  'coco_ssd_mobilenet_v1_1.0_quant': { jobs: 41, tasks: 63, overruns: 0 },
  posenet_mobilenet_v1_075_353_481_uint8_nodecoder: { jobs: 31, tasks: 89, overruns: 0 },
} as const;

describe("Mesa's recorded streams on the software NPU", function () {
  this.timeout(300_000);

  for (const name of goldenNames) {
    it(name, function () {
      const driver = buildNative('driver', ['driver.c']);
      const golden = loadGolden(name);
      if ('why' in driver || golden === null)
        return skip(this, 'why' in driver ? driver.why : 'shared: no recorded streams beside the repository');
      const { jobs, regions } = golden;
      // One program for all jobs: each sees what those before it wrote.
      const tasks = jobs.flat();
      const { jobs: jobCount, tasks: taskCount, overruns } = expected[name];
      expect({ jobs: jobs.length, tasks: tasks.length }).to.deep.equal({ jobs: jobCount, tasks: taskCount });
      const facts = { padding_surface_overrun: overruns > 0 ? 'dropped' : 'error' };
      const [fast, ...others] = runNative(driver.path, [
        { regions, tasks, facts },
        ...(overruns > 0 ? [{ regions, tasks, facts, path: 'scalar' as const }] : []),
      ]);
      expect(fast?.refusal).to.equal(null);
      for (const { regions: bytes } of others) {
        expect(bytes.every((one, i) => Buffer.compare(one, fast?.regions[i] ?? new Uint8Array()) === 0)).to.equal(true);
      }
      if (overruns > 0) {
        const single = jobs.map((job) => ({ regions, tasks: job }));
        const refusals = runNative(driver.path, single).flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
        expect(refusals.length).to.equal(overruns);
        for (const refusal of refusals) expect(refusal).to.match(/DPU DST_BASE_ADDR .* is not inside one buffer/);
      }
      console.log(`      ${tasks.length} tasks in ${jobs.length} jobs; ${overruns} write beyond their buffer`);
    });
  }
});
