import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { runtimes } from '../host/python.js';
import { needShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { type Bench, openBench, said, type Scenario } from './host_program.js';
import { int8Model } from './models.js';

type Kernels = 'reference' | 'optimized' | 'default';

/** Families of networks with the size of their first input, and others that the plan for it does not fit. */
const families: readonly (readonly [string, readonly number[], readonly (readonly number[])[], readonly Kernels[]])[] =
  [
    [
      'models/mobilenet_v1_0.25_128_quant',
      [1, 128, 128, 3],
      [
        [1, 160, 160, 3],
        [1, 128, 150, 3],
        [1, 128, 128, 3],
      ],
      ['default', 'reference'],
    ],
    [
      'models/mltk_keyword_spotting_mobilenetv2',
      [1, 49, 104, 1],
      [
        [2, 49, 104, 1],
        [8, 49, 104, 1],
        [3, 49, 104, 1],
      ],
      ['default', 'reference'],
    ],
    [
      'models/mltk_fingerprint_signature',
      [1, 180, 180, 1],
      [
        [2, 180, 180, 1],
        [4, 180, 180, 1],
      ],
      ['default'],
    ],
    [
      'models/tinyengine_vww',
      [1, 80, 80, 3],
      [
        [2, 80, 80, 3],
        [1, 80, 80, 3],
      ],
      ['default', 'reference'],
    ],
    [
      'models/families/fam_ghostnet',
      [1, 128, 128, 3],
      [
        [2, 128, 128, 3],
        [1, 96, 96, 3],
      ],
      ['default'],
    ],
    // XNNPACK would take nodes of this one that no plan covers.
    ['models/families/fam_effnet_mini', [1, 224, 224, 3], [[2, 224, 224, 3]], ['optimized']],
    [
      'faults/resize_batch_mean',
      [1, 42, 42, 16],
      [
        [2, 42, 42, 16],
        [5, 9, 8, 16],
        [1, 42, 42, 16],
      ],
      ['default', 'optimized', 'reference'],
    ],
  ];

/**
 * A partition at a size that it has no plan for runs on the kernels of the op resolver that the program chose, in memory that
 * the delegate lends them. The default resolver's kernels have temporary tensors. Whoever writes behind lent memory ends the
 * process: fixtures/guarded_alloc.c, or the sanitizer.
 */
for (const runtime of runtimes) {
  describe(`delegate: sizes that fall back, in ${runtime}`, function () {
    this.timeout(300_000);
    let bench: Bench;
    let guard: Readonly<Record<string, string>>;
    before(function () {
      const opened = openBench(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      bench = opened;
      guard = guarded();
      mkdirSync(join(bench.folder, 'empty'));
    });
    after(() => bench?.remove());

    function guarded(): Readonly<Record<string, string>> {
      if (process.env['PTFE_PRELOAD'] !== undefined) return {};
      const shim = join(bench.folder, 'guarded_alloc.so');
      const source = join(import.meta.dirname, 'fixtures/guarded_alloc.c');
      const { CC: compiler = 'cc' } = process.env;
      const built = spawnSync(compiler, ['-shared', '-fPIC', '-O1', '-fno-builtin', '-o', shim, source, '-ldl'], {
        encoding: 'utf8',
      });
      expect(built.status, built.stderr).to.equal(0);
      return { LD_PRELOAD: shim };
    }

    const planOf = (name: string, bytes: Uint8Array): string => {
      const path = join(bench.folder, `${name}.plan`);
      writeFileSync(path, planFile(readTflite(bytes).graph, compileTflite(bytes, { trust: 'inferred', parts: 'all' })));
      return path;
    };
    const noNode = (): Readonly<Record<string, string>> => ({
      ...guard,
      PATH: join(bench.folder, 'empty'),
      PTFE_NODE: '',
    });
    /** Right at each size; at those of a plan within a few counts of kernels that round otherwise. */
    const expectRight = ({ status, signal, stderr, result }: Scenario, own: readonly boolean[], what: string): void => {
      expect({ status, signal }, `${what} ${stderr.slice(-1500)}`).to.deep.equal({ status: 0, signal: null });
      const { apart = [], children, partitions } = result;
      expect(children).to.equal(0);
      expect(partitions, what).to.be.above(0);
      expect(apart, what).to.have.length(own.length + 1);
      own.forEach((planned, i) => {
        if (!planned) expect(apart[i + 1], `${what}: size ${i}`).to.equal(0);
      });
      expect(said(stderr).length, `${what} ${stderr}`).to.be.above(0);
    };
    const isOwn = (shapes: readonly (readonly number[])[], own: readonly number[]): readonly boolean[] =>
      shapes.map((shape) => shape.join() === own.join());

    for (const kernels of ['reference', 'optimized', 'default'] as const) {
      it(`convolutions, depthwise ones and ADD: ${kernels} kernels`, () => {
        const model = int8Model();
        const shapes = [
          [2, 12, 12, 64],
          [1, 20, 9, 64],
          [4, 5, 5, 64],
          [1, 12, 12, 64],
          [3, 12, 13, 64],
        ];
        const own = isOwn(shapes, [1, 12, 12, 64]);
        const options = { plan: planOf('int8', model.bytes) };
        const planned = bench.scenario('resizes', model, { options, variables: noNode(), values: { kernels, shapes } });
        expectRight(planned, own, 'plan');
        expect(planned.result.apart?.[4], 'back at its own size').to.be.at.most(4);
        const cache = join(bench.folder, 'cache');
        bench.scenario('resizes', model, { options: { cache }, values: { kernels, shapes: [] } });
        expectRight(
          bench.scenario('resizes', model, { options: { cache }, variables: noNode(), values: { kernels, shapes } }),
          own,
          'cache',
        );
      });
    }

    for (const [name, size, shapes, resolvers] of families) {
      for (const kernels of resolvers) {
        it(`${name}: ${kernels} kernels`, function () {
          const path = sharedPath(`${name}.tflite`);
          needShared(this, `${name}.tflite`);
          const bytes = Uint8Array.from(readFileSync(path));
          const own = isOwn(shapes, size);
          const options = { plan: planOf('family', bytes) };
          const model = { bytes, inputs: [] };
          expectRight(
            bench.scenario('resizes', model, { options, variables: noNode(), values: { kernels, shapes }, path }),
            own,
            name,
          );
        });
      }
    }
  });
}
