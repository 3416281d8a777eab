// `npm run mutate`: one fault at a time is put into a room of src/ and the room's unit tests are run. Those that nobody notices
// are printed: each is a missing test, or code that nothing needs.
//   --rooms A,B     folders of src/ (default: all)
//   --count N       faults in each room (default 20), drawn by
//   --seed N        (default 1)
//   --only TEXT     faults in files whose path has the text
//   --jobs N        at a time (default 2)
//   --json FILE     every fault with its end
// A room's tests are the unit tests in test/ROOM, those that import from src/ROOM, and, for rooms of the compiler, the goldens.
// A type error is no fault that a test must find, but nearly all faults here keep the types.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { context } from 'esbuild';
import { sitesOf } from './mutate/sites.mjs';
import { importsOf, unitTests } from './unit.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const secondsAtMost = 120;

const { values: options } = parseArgs({
  options: {
    rooms: { type: 'string', default: '' },
    count: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});

/** mulberry32 */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();

const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => options.rooms === '' || options.rooms.split(',').includes(name));

const unit = await unitTests(root);
const imports = await importsOf(root, unit);

/** Rooms that a compile passes through: what they make stands in the goldens. */
const reachedFrom = (file, seen = new Set()) => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const path of imports.get(file) ?? []) if (path.startsWith('src/')) reachedFrom(path, seen);
  return seen;
};
const compiler = new Set([...reachedFrom('src/compile.ts')].map((file) => file.split('/')[1]));
const goldens = unit.filter((file) => file.startsWith('test/golden/'));

/** The room's own tests first: what fails soonest. */
function testsOf(room) {
  const own = unit.filter((file) => file.startsWith(`test/${room}/`));
  const importers = unit.filter((file) => (imports.get(file) ?? []).some((path) => path.startsWith(`src/${room}/`)));
  return [...new Set([...own, ...importers, ...(compiler.has(room) ? goldens : [])])];
}

/** Bundles start in a fraction of the time that TypeScript does. Files keep the places that they think they have. */
const bundler = (tests, outdir, mutant) =>
  context({
    absWorkingDir: root,
    entryPoints: tests,
    outdir,
    outbase: 'test',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutant',
        setup({ onLoad }) {
          onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, 'utf8');
            const { file, start, end, text: other } = mutant.current ?? {};
            const changed = join(root, file ?? '') === path ? text.slice(0, start) + other + text.slice(end) : text;
            const contents = changed
              .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
              .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });

/** @returns 'survived', 'killed' or 'no end' */
const runTests = (files) =>
  new Promise((done) => {
    const args = ['--no-config', '--reporter', 'dot', '--bail', '--timeout', '60000', '--exit'];
    const required = ['debug', 'no_processes'].flatMap((name) => ['--require', `./test/host/${name}.cjs`]);
    const mocha = ['node_modules/mocha/bin/mocha.js', ...args, ...required];
    const env = { ...process.env, PTFE_SEED: '1', PTFE_FUZZ_FILES: '100' };
    const child = spawn(process.execPath, [...mocha, ...files], { cwd: root, env, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), secondsAtMost * 1000);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      done(status === 0 ? 'survived' : signal === 'SIGKILL' ? 'no end' : 'killed');
    });
  });

async function worker(tests, outdir, queue, results) {
  const mutant = { current: null };
  const bundle = await bundler(tests, outdir, mutant);
  const files = tests.map((file) => join(outdir, file.replace(/^test\//, '').replace(/\.ts$/, '.mjs')));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    mutant.current = next;
    const { errors } = await bundle.rebuild().catch((error) => error);
    results.push({ ...next, end: errors.length > 0 ? 'no program' : await runTests(files) });
  }
  await bundle.dispose();
}

const scratch = join(root, 'build/mutate');
const all = [];
for (const room of rooms) {
  const tests = testsOf(room);
  const sites = filesUnder(`src/${room}`)
    .filter((file) => file.includes(options.only))
    .flatMap((file) => sitesOf(readFileSync(join(root, file), 'utf8'), file).map((site) => ({ room, file, ...site })));
  if (sites.length === 0) continue;
  if (tests.length === 0) {
    console.log(`${room}: ${sites.length} places, and no unit test`);
    continue;
  }
  const random = randomOf(Number(options.seed));
  const drawn = Array.from({ length: Math.min(Number(options.count), sites.length) }, () =>
    sites.splice(Math.floor(random() * sites.length), 1),
  ).flat();
  const started = Date.now();
  const jobs = Array.from({ length: Number(options.jobs) }, (_, i) => join(scratch, `${room}-${i}`));
  for (const folder of jobs) mkdirSync(folder, { recursive: true });
  // Without a fault they pass, or their word is worth nothing.
  const [sound] = await (async () => {
    const results = [];
    await worker(tests, jobs[0], [{ room, file: '', start: 0, end: 0, text: '', kind: '' }], results);
    return results;
  })();
  if (sound.end !== 'survived') {
    console.log(`${room}: its tests fail without any fault (npm run test:unit): nothing is told`);
    process.exitCode = 1;
    continue;
  }
  const results = [];
  const queue = [...drawn];
  await Promise.all(jobs.map((folder) => worker(tests, folder, queue, results)));
  for (const folder of jobs) rmSync(folder, { recursive: true, force: true });
  const survivors = results.filter(({ end }) => end === 'survived');
  const counted = results.filter(({ end }) => end !== 'no program').length;
  const share = ((100 * (counted - survivors.length)) / counted).toFixed(0);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    `${room}: ${counted - survivors.length} of ${counted} killed (${share} %), ${tests.length} test files, ${seconds} s`,
  );
  for (const { file, start, end: _, text, kind } of survivors) {
    const before = readFileSync(join(root, file), 'utf8').slice(0, start).split('\n');
    const line = readFileSync(join(root, file), 'utf8').split('\n')[before.length - 1].trim();
    console.log(
      `  ${file}:${before.length}:${before.at(-1).length + 1}: ${kind}: ${line.slice(0, 140)}${text === ';' ? '' : ` [${text.slice(0, 60)}]`}`,
    );
  }
  all.push(...results);
}
const counted = all.filter(({ end }) => end !== 'no program');
const killed = counted.filter(({ end }) => end !== 'survived').length;
console.log(
  `${killed} of ${counted.length} faults killed (${((100 * killed) / Math.max(1, counted.length)).toFixed(1)} %)`,
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(all, null, 1)}\n`);
