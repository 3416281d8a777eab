import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Graph, Node, Tensor } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { derivedShapes } from '../../src/ops/shared/output_shapes.js';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';
import { type ModelSpec, writeTflite } from '../host/tflite_writer.js';
import { channelModels, reduceModels } from '../ops/reduce_models.js';
import { either, nearest } from '../ops/resize_models.js';
import { poolModels } from '../ops/pool_models.js';
import { rescaled } from '../ops/elementwise_models.js';
import { transposed } from '../ops/host_models.js';
import { gated } from '../ops/table_models.js';

const models = fc.oneof(
  nearest(either),
  rescaled,
  poolModels('MAX_POOL_2D'),
  poolModels('AVERAGE_POOL_2D'),
  reduceModels('MEAN', 'same'),
  channelModels('MEAN', 'same'),
  transposed,
  gated('LOGISTIC'),
);

/** The model with one length of its inputs, or one number of a constant, as large as `value`; null where no shape follows. */
const enlarged = (spec: ModelSpec, place: number, value: number): ModelSpec | null => {
  const places = spec.tensors.flatMap(({ shape, data, type }, tensor) => {
    if (data === undefined) return spec.inputs.includes(tensor) ? shape.map((_, at) => ({ tensor, at })) : [];
    return type === 'int32' && data.length <= 32
      ? Array.from({ length: data.length / 4 }, (_, at) => ({ tensor, at }))
      : [];
  });
  const chosen = places[place % places.length];
  const wanted = chosen === undefined ? undefined : spec.tensors[chosen.tensor];
  if (chosen === undefined || wanted === undefined) return null;
  const data = wanted.data?.slice();
  if (data !== undefined) new DataView(data.buffer).setInt32(4 * chosen.at, value, true);
  const other = data === undefined ? { shape: wanted.shape.with(chosen.at, value) } : { data };
  const tensors = spec.tensors.with(chosen.tensor, { ...wanted, ...other });
  const { graph } = readTflite(writeTflite({ ...spec, tensors }));
  const shapes = new Map<number, Tensor>(graph.tensors);
  for (const node of graph.nodes as readonly Node[]) {
    const derived = derivedShapes({ ...graph, tensors: shapes } satisfies Graph, node);
    if (derived === null || derived.flat().some((dim) => !Number.isInteger(dim) || dim < 1 || dim >= 2 ** 31))
      return null;
    for (const [i, shape] of derived.entries()) {
      const output = shapes.get(node.outputs[i] ?? -1);
      if (output !== undefined) shapes.set(output.index, { ...output, shape });
    }
  }
  return { ...spec, tensors: tensors.map((tensor, i) => ({ ...tensor, shape: shapes.get(i)?.shape ?? tensor.shape })) };
};

describe('partition: sizes that no rule has seen yet', () => {
  it('a few hundred bytes of model take neither the memory of a small machine nor its time', function () {
    this.timeout(120_000);
    demandFresh('engine');
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-sizes-'));
    const files = fc
      .sample(fc.tuple(models, fc.nat(40), fc.constantFrom(8191, 2 ** 16, 2 ** 20, 2 ** 24, 2 ** 27, 2 ** 31 - 1)), {
        numRuns: 100,
      })
      .flatMap(([{ spec }, place, value], i) => {
        const large = enlarged(spec, place, value);
        if (large === null) return [];
        const path = join(folder, `${i}.tflite`);
        writeFileSync(path, writeTflite(large));
        return [path];
      });
    expect(files.length).to.be.above(40);
    const program = `
      import { readFileSync } from 'node:fs';
      import { compileTflite } from ${JSON.stringify(pathToFileURL(join(repository, 'dist/index.mjs')).href)};
      for (const path of process.argv.slice(1)) {
        const start = process.cpuUsage().user;
        compileTflite(new Uint8Array(readFileSync(path)), { trust: 'inferred', parts: 'all' });
        const seconds = (process.cpuUsage().user - start) / 1e6;
        if (seconds > 10) throw new Error(path + ' takes ' + seconds + ' s');
      }`;
    const heap = '--max-old-space-size=256';
    const done = spawnSync(process.execPath, [heap, '--input-type=module', '-e', program, ...files], {
      encoding: 'utf8',
    });
    expect(done.status, done.stderr.slice(0, 2000)).to.equal(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
