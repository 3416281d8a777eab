import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { memoRecord } from '../../src/wire/memo_record.js';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { delegateLibrary, Oracle, type RunResult } from '../host/oracle.js';
import { anyPythonEnvironment } from '../host/python.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { type Bench, openAnyBench } from './host_program.js';
import { int8Model } from './models.js';

/** A model's constants are hashed once and known by their file from then on: never is the plan of other weights taken. */
describe('delegate: what is remembered of a model', function () {
  this.timeout(200_000);
  const { bytes, inputs } = int8Model();
  /** Longer than a file must be left alone before it is remembered (`delegate/compile/file_stamp.c`). */
  const settling = 3200;
  const nobody = { node: '/nonexistent/node' };
  let bench: Bench;
  let oracle: Oracle;
  let cache: string;
  before(function () {
    const [opened, environment] = [openAnyBench(), anyPythonEnvironment()];
    if (typeof opened === 'string') return skip(this, opened);
    if (!environment.available) return skip(this, environment.reason);
    [bench, oracle, cache] = [opened, new Oracle(environment), join(opened.folder, 'cache')];
  });
  after(async () => {
    await oracle?.stop();
    bench?.remove();
  });

  const settled = (): Promise<void> => new Promise((done) => setTimeout(done, settling));
  /** Where the largest constant has a weight that moves the output: one bit of it. */
  const changed = (mask: number): Uint8Array => {
    const other = Uint8Array.from(bytes);
    const at = bytes.length >> 1;
    other[at] = (other[at] ?? 0) ^ mask;
    return other;
  };
  const outputOf = (result: RunResult): string => {
    if (!result.ok) throw new Error(result.error);
    expect(
      result.nodes.some(({ delegated }) => delegated),
      result.stderr,
    ).to.equal(true);
    return createHash('sha256')
      .update(result.outputs[0]?.[0]?.data ?? new Uint8Array())
      .digest('hex');
  };
  const ask = (modelPath: string, options: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
    oracle.run({
      model: modelPath,
      inputs: [inputs],
      delegate: { library: delegateLibrary, options: { cache, ...options } },
    });
  const run = async (path: string, options: Readonly<Record<string, string>> = {}): Promise<string> =>
    outputOf(await ask(path, options));
  /** Of these bytes without a cache, from a file that nobody knows. */
  const wanted = new Map<Uint8Array, string>();
  const outputFor = async (model: Uint8Array): Promise<string> => {
    const known = wanted.get(model);
    if (known !== undefined) return known;
    const path = join(bench.folder, `plain${wanted.size}.tflite`);
    writeFileSync(path, model);
    const output = await run(path, { cache: 'off' });
    wanted.set(model, output);
    return output;
  };
  const others = [0x40, 0x20, 0x10].map(changed);
  const memos = (): readonly string[] => readdirSync(cache).filter((name) => name.endsWith('.memo'));
  const file = (name: string, model: Uint8Array = bytes): string => {
    const path = join(bench.folder, `${name}.tflite`);
    writeFileSync(path, model);
    return path;
  };
  const writeInPlace = (path: string, model: Uint8Array): void => {
    const fd = openSync(path, 'r+');
    writeSync(fd, model);
    closeSync(fd);
  };

  it('is used: a wrong digest in it makes a plan unknown', async () => {
    const path = file('used');
    const output = await outputFor(bytes);
    expect(await run(path), 'compiled').to.equal(output);
    await settled();
    const before = memos();
    expect(await run(path, nobody), 'from the cache').to.equal(output);
    const made = memos().filter((name) => !before.includes(name));
    expect(made.length, 'memos of the constants and of the entry').to.be.within(1, 2);
    expect(await run(path, nobody)).to.equal(output);
    for (const name of made) {
      const memo = new Uint8Array(readFileSync(join(cache, name)));
      memo[memoRecord.offsets.digest] = (memo[memoRecord.offsets.digest] ?? 0) ^ 1;
      writeFileSync(join(cache, name), memo);
    }
    expect(await run(path, nobody), 'spoilt memos say nothing').to.equal(output);
    for (const name of made) {
      const memo = new Uint8Array(readFileSync(join(cache, name)));
      memo[memoRecord.offsets.digest] = (memo[memoRecord.offsets.digest] ?? 0) ^ 1;
      const check = createHash('sha256').update(name).update(memo.subarray(0, memoRecord.offsets.check)).digest();
      memo.set(check, memoRecord.offsets.check);
      writeFileSync(join(cache, name), memo);
    }
    const result = await ask(path, nobody);
    if (!result.ok) throw new Error(result.error);
    expect(result.nodes.some(({ delegated }) => delegated)).to.equal(false);
    for (const name of made) unlinkSync(join(cache, name));
    expect(await run(path, nobody)).to.equal(output);
  });

  it('never the old plan, however a model is replaced', async () => {
    const [first, second, third] = others;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no models');
    const [own, ...outputs] = [
      await outputFor(bytes),
      await outputFor(first),
      await outputFor(second),
      await outputFor(third),
    ];
    expect(new Set([own, ...outputs]).size, 'each bit shows in the output').to.equal(4);
    const old = new Date(Date.now() - 86400_000);
    const ways: readonly (readonly [string, (path: string, model: Uint8Array) => void])[] = [
      ['in place', writeInPlace],
      ['written anew', (path, model) => writeFileSync(path, model)],
      [
        'in place, with the same size and time',
        (path, model) => {
          const { atime, mtime } = statSync(path);
          writeInPlace(path, model);
          utimesSync(path, atime, mtime);
        },
      ],
      [
        'by cp -p',
        (path, model) => {
          writeFileSync(`${path}.new`, model);
          utimesSync(`${path}.new`, old, old);
          expect(spawnSync('cp', ['-p', `${path}.new`, path]).status).to.equal(0);
        },
      ],
      [
        'by rename, with the same size and time',
        (path, model) => {
          writeFileSync(`${path}.new`, model);
          utimesSync(`${path}.new`, statSync(path).atime, statSync(path).mtime);
          renameSync(`${path}.new`, path);
        },
      ],
      [
        'through a link that leads to another file',
        (path, model) => {
          copyFileSync(path, `${path}.was`);
          writeFileSync(`${path}.new`, model);
          utimesSync(`${path}.new`, old, old);
          unlinkSync(path);
          symlinkSync(`${path}.new`, path);
        },
      ],
      [
        'through another name of the file',
        (path, model) => {
          linkSync(path, `${path}.name`);
          writeInPlace(`${path}.name`, model);
        },
      ],
    ];
    const paths = ways.map((_, i) => file(`way${i}`));
    for (const path of paths) utimesSync(path, old, old);
    await settled();
    for (const path of paths) for (let i = 0; i < 2; i++) expect(await run(path)).to.equal(own);
    for (const [i, [how, replace]] of ways.entries()) {
      const path = paths[i] ?? '';
      for (const [at, model] of [first, second].entries()) {
        if (at > 0 && how.includes('name')) break;
        replace(path, model);
        expect(await run(path), how).to.equal(outputs[at]);
        expect(await run(path), `${how}, once more`).to.equal(outputs[at]);
        if (how.includes('link')) break;
      }
    }
    // Again and again within the clock's tick.
    const path = file('racy');
    for (let i = 0; i < 4; i++) {
      const model = [first, second, third, bytes][i] ?? bytes;
      writeInPlace(path, model);
      expect(await run(path), `change ${i}`).to.equal([...outputs, own][i]);
    }
  });

  it('on an overlay and on a tmpfs', async function () {
    const [first] = others;
    if (first === undefined) throw new Error('no model');
    const systems = (
      [
        ['overlay', (at: string) => `lowerdir=${at}-low,upperdir=${at}-up,workdir=${at}-work`],
        ['tmpfs', () => 'size=4m'],
      ] as const
    ).map(([system, options]) => {
      const at = join(bench.folder, system);
      for (const ending of ['', '-low', '-up', '-work']) mkdirSync(`${at}${ending}`);
      writeFileSync(join(`${at}-low`, 'model.tflite'), bytes);
      const done = spawnSync('mount', ['-t', system, '-o', options(at), 'ptfe-test', at]);
      return { system, at, isMounted: done.status === 0, path: join(at, 'model.tflite') };
    });
    const mounted = systems.filter(({ isMounted }) => isMounted);
    try {
      if (mounted.length === 0) return skip(this, 'board: no permission to mount file systems');
      for (const { system, path } of mounted) if (system === 'tmpfs') writeFileSync(path, bytes);
      await settled();
      for (const { system, path } of mounted) {
        for (let i = 0; i < 2; i++) expect(await run(path), system).to.equal(await outputFor(bytes));
        writeInPlace(path, first);
        expect(await run(path), system).to.equal(await outputFor(first));
      }
      await settled();
      for (const { system, path } of mounted)
        for (let i = 0; i < 2; i++) expect(await run(path, nobody), system).to.equal(await outputFor(first));
    } finally {
      for (const { at } of mounted) spawnSync('umount', [at]);
    }
  });

  it('the file is found through its mapping, where its bytes are those of the mapping', function () {
    const built = buildProgram({
      name: 'mapped_file',
      units: [join(import.meta.dirname, 'fixtures/mapped_file.c'), join(repository, 'delegate/compile/mapped_file.c')],
      flags: addressSanitizer,
    });
    if ('why' in built) return skip(this, built.why);
    const done = spawnSync(built.path, [bench.folder], { encoding: 'utf8' });
    expect(done.stdout.trim().split('\n'), done.stderr).to.deep.equal([
      'shared: yes',
      'private: yes',
      'a part: yes',
      'writable: no',
      'private and writable: no',
      'private, written before: no',
      'heap: no',
      'anonymous: no',
      'replaced by rename: no',
      'removed: no',
      'a device in its place: no',
    ]);
  });
});
