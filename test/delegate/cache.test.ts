import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Oracle, delegateLibrary, type RunResult } from '../host/oracle.js';
import { pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { distance } from '../models/zoo.js';
import { expectDelegated } from './expectations.js';
import { type Bench, openAnyBench, said } from './host_program.js';
import { int8Model } from './models.js';

/** The plan cache: used when good, ignored when not; nothing in it can change an answer. */
describe('delegate: plan cache', function () {
  this.timeout(200_000);
  let bench: Bench;
  let reference: RunResult;
  const model = int8Model();
  before(async function () {
    const opened = openAnyBench();
    if (typeof opened === 'string') return skip(this, opened);
    bench = opened;
    reference = await bench.reference(model);
  });
  after(() => bench?.remove());

  const filesOf = (folder: string): readonly string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/\.(memo|code)$/.test(name))
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile());

  it('a second run needs no engine', async () => {
    const cache = join(bench.folder, 'warm');
    const cold = await bench.run(model, { cache });
    expectDelegated(cold, reference);
    expect(filesOf(cache), 'files in the cache').to.not.have.lengthOf(0);
    const warm = await bench.run(model, { cache, node: '/nonexistent/node' });
    expectDelegated(warm, reference);
    if (cold.ok && warm.ok) expect(warm.outputs).to.deep.equal(cold.outputs);
    expect(said(warm.stderr), 'lines on stderr').to.deep.equal([]);
  });

  it('corrupted entries are compiled anew, wherever they were hit', async () => {
    const cache = join(bench.folder, 'corrupt');
    const good = await bench.run(model, { cache });
    expectDelegated(good, reference);
    const [entry] = filesOf(cache);
    if (entry === undefined || !good.ok) throw new Error('no cache entry');
    const bytes = readFileSync(entry);
    const positions = [
      0,
      8,
      16,
      24,
      31,
      32,
      40,
      64,
      70,
      128,
      140,
      200,
      ...Array.from({ length: 24 }, (_, i) => Math.floor((bytes.length * (i + 0.5)) / 24)),
    ];
    const spoilt: readonly (readonly [string, () => void])[] = [
      ...positions.map(
        (at) =>
          [
            `bit flipped at ${at}`,
            () =>
              writeFileSync(
                entry,
                Buffer.concat([bytes.subarray(0, at), Buffer.of((bytes[at] ?? 0) ^ 4), bytes.subarray(at + 1)]),
              ),
          ] as const,
      ),
      ...[0, 1, 100, 128, bytes.length >> 1, bytes.length - 1].map(
        (size) => [`cut to ${size} bytes`, () => (writeFileSync(entry, bytes), truncateSync(entry, size))] as const,
      ),
      ['zeros', () => writeFileSync(entry, Buffer.alloc(bytes.length))],
      ['longer', () => writeFileSync(entry, Buffer.concat([bytes, bytes]))],
    ];
    const environment = pythonEnvironment(bench.runtime);
    if (!environment.available) throw new Error(environment.reason);
    const oracle = new Oracle(environment);
    for (const [how, spoil] of spoilt) {
      spoil();
      const result = await oracle.run({
        model: model.bytes,
        inputs: [model.inputs],
        delegate: { library: delegateLibrary, options: { cache } },
      });
      if (!result.ok) throw new Error(`${how}: ${result.error} ${result.stderr}`);
      expect(result.outputs, how).to.deep.equal(good.outputs);
      expect(
        result.nodes.some((node) => node.delegated),
        `${how}: ${result.stderr}`,
      ).to.equal(true);
      expect(said(result.stderr).length, `${how}: ${result.stderr}`).to.be.at.most(1);
    }
    await oracle.stop();
  });

  it('an entry under the name of another model is not taken', async () => {
    const cache = join(bench.folder, 'swapped');
    const small = { ...model, inputs: model.inputs };
    expectDelegated(await bench.run(small, { cache }), reference);
    const first = filesOf(cache);
    const changed = Uint8Array.from(model.bytes);
    // One weight changed, in the middle of the largest constant.
    const at = changed.length >> 1;
    changed[at] = (changed[at] ?? 0) ^ 0x40;
    const twin = { bytes: changed, inputs: model.inputs };
    const twinReference = await bench.reference(twin);
    expectDelegated(await bench.run(twin, { cache }), twinReference);
    const second = filesOf(cache).filter((path) => !first.includes(path));
    expect(second, 'an entry of its own').to.not.have.lengthOf(0);
    const [from, to] = [first[0], second[0]];
    if (from === undefined || to === undefined) return;
    copyFileSync(from, to);
    const result = await bench.run(twin, { cache });
    expectDelegated(result, twinReference);
  });

  it('a cache that cannot be written is one line, and the NPU runs all the same', async () => {
    for (const cache of ['/dev/null/cache', '/proc/ptfe-cache', join(bench.folder, 'file', 'below')]) {
      writeFileSync(join(bench.folder, 'file'), 'no folder');
      const result = await bench.run(model, { cache });
      expectDelegated(result, reference);
      expect(said(result.stderr), cache).to.have.lengthOf(1);
    }
  });

  it('a full disk leaves no part of an entry', async function () {
    const disk = join(bench.folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'ptfe-test', disk]).status === 0;
    if (!mounted) return skip(this, 'board: no permission to mount a tmpfs');
    try {
      const result = await bench.run(model, { cache: join(disk, 'cache') });
      expectDelegated(result, reference);
      expect(said(result.stderr)).to.have.lengthOf(1);
      const left = existsSync(join(disk, 'cache')) ? filesOf(join(disk, 'cache')) : [];
      expect(left, 'files').to.deep.equal([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  it('many processes that write one entry at a time', async () => {
    const cache = join(bench.folder, 'race');
    const results = await Promise.all([1, 2, 3, 4].map(() => bench.run(model, { cache })));
    for (const result of results) expectDelegated(result, reference);
    const [first] = results;
    for (const result of results) {
      if (first?.ok === true && result.ok)
        expect(distance(first.outputs[0] ?? [], result.outputs[0] ?? []).differing).to.equal(0);
    }
    const warm = await bench.run(model, { cache, node: '/nonexistent/node' });
    expectDelegated(warm, reference);
  });
});
