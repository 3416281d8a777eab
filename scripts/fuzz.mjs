// `npm run fuzz`: what strangers may write (plans, plan files, the engine's replies, register streams, tables, options), through
// libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer. Wants Debian's clang and libclang-rt; says so where they
// are not. What makes the corpus larger stays in build/fuzz; `--keep` writes the smallest set that reaches as much into
// test/fuzz/corpus, which `npm test` runs through a usual build.
//
//     npm run fuzz -- [--seconds 60] [--target plan,file] [--keep]
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sourcesOf } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = join(root, 'build/fuzz');
const targets = ['plan', 'file', 'reply', 'frames', 'npu', 'table', 'options'];

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string', default: targets.join() },
    keep: { type: 'boolean', default: false },
  },
});
const chosen = options.target.split(',');
const seconds = Number(options.seconds);
if (!(seconds > 0) || chosen.some((name) => !targets.includes(name))) {
  console.error(`npm run fuzz -- [--seconds N] [--target ${targets.join()}] [--keep]`);
  process.exit(2);
}

const sanitizers = '-fsanitize=address,undefined';
const flags = [
  '-std=gnu11',
  '-O1',
  '-g',
  '-DPTFE_VERSION="fuzz"',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
];

/** The first clang that links a fuzzer. */
function findClang() {
  mkdirSync(work, { recursive: true });
  const probe = 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d == 0 && n == 1; }\n';
  for (const name of [process.env.CLANG, 'clang-19', 'clang-16', 'clang-15', 'clang-14', 'clang']) {
    if (name === undefined) continue;
    const args = ['-x', 'c', '-', `${sanitizers},fuzzer`, '-o', join(work, 'probe')];
    if (spawnSync(name, args, { input: probe }).status === 0) return name;
  }
  return null;
}

const clang = findClang();
if (clang === null) {
  console.log('fuzz: skipped: no clang with libFuzzer (Debian: apt-get install clang libclang-rt-14-dev)');
  process.exit(0);
}

const age = (path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity);
const headersAge = ['abi', 'compile', 'device', 'generated', 'graph', 'include', 'npu', 'plan', 'util']
  .flatMap((room) => readdirSync(join(root, 'delegate', room)).map((name) => join(root, 'delegate', room, name)))
  .filter((path) => path.endsWith('.h'))
  .reduce((newest, path) => Math.max(newest, age(path)), age(join(root, 'test/fuzz/fuzz.h')));

const run = (command, args, more = {}) =>
  new Promise((done) => spawn(command, args, { cwd: root, stdio: 'inherit', ...more }).on('close', done));

/** Compiles what is older than its source, as many at a time as there are processors. */
async function compile(sources) {
  const waiting = sources.map(([source, object, ...more]) => [source, object, more]);
  const objects = waiting.map(([, object]) => object);
  const one = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [source, object, more] = next;
      if (age(object) > Math.max(age(source), headersAge)) continue;
      if ((await run(clang, [...flags, `${sanitizers},fuzzer-no-link`, ...more, '-c', source, '-o', object])) !== 0)
        process.exit(1);
    }
  };
  await Promise.all(cpus().map(one));
  return objects;
}

const objectOf = (source, suffix = '') => join(work, `${source.replaceAll('/', '_')}${suffix}.o`);
const library = await compile(sourcesOf(root, 'ptfe').map((source) => [join(root, source), objectOf(source)]));
await compile([
  ...targets.map((name) => [join(root, `test/fuzz/fuzz_${name}.c`), objectOf(`fuzz_${name}`)]),
  ...chosen.map((name) => [join(root, 'test/fuzz/target.c'), objectOf('target', name), `-DFUZZ_TARGET=fuzz_${name}`]),
]);

const corpusOf = (name) => join(root, 'test/fuzz/corpus', name);

async function fuzz(name) {
  const program = join(work, `fuzz_${name}`);
  const [grown, found] = [join(work, 'corpus', name), join(work, 'found', name)];
  for (const folder of [grown, found, corpusOf(name)]) mkdirSync(folder, { recursive: true });
  const own = [objectOf(`fuzz_${name}`), objectOf('target', name)];
  const linked = await run(clang, [
    `${sanitizers},fuzzer`,
    ...own,
    ...library,
    '-o',
    program,
    '-lm',
    '-ldl',
    '-lpthread',
  ]);
  if (linked !== 0) process.exit(1);
  const env = {
    ...process.env,
    ASAN_OPTIONS: 'allocator_may_return_null=1:detect_leaks=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const args = [
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${found}/`,
    '-print_final_stats=1',
    '-timeout=20',
    '-rss_limit_mb=3000',
    '-max_len=20000',
  ];
  const { status, stderr } = await new Promise((done) => {
    let text = '';
    const child = spawn(program, [...args, grown, corpusOf(name)], {
      cwd: work,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => (text = (text + chunk).slice(-200_000)));
    child.on('close', (status) => done({ status, stderr: text }));
  });
  const runs = /stat::number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? '?';
  const reached = [...stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?';
  const units = readdirSync(grown).length;
  console.log(
    `fuzz ${name}: ${runs} runs in ${seconds} s, ${reached} edges, ${units} new inputs: ${status === 0 ? 'clean' : 'FAILED'}`,
  );
  if (status !== 0) {
    console.log(stderr.slice(stderr.indexOf('ERROR') - 200).slice(0, 6000));
    console.log(`inputs that failed: ${found}`);
    process.exitCode = 1;
    return;
  }
  if (options.keep) keep(name, program, grown);
}

/** Bytes of a target's corpus in the repository. */
const mostKept = 150_000;

/** The corpus of the repository becomes a small set that reaches nearly all that is reached: the smallest inputs of a cover. */
function keep(name, program, grown) {
  const cover = join(work, 'cover', name);
  rmSync(cover, { recursive: true, force: true });
  mkdirSync(cover, { recursive: true });
  spawnSync(program, ['-set_cover_merge=1', '-max_len=20000', cover, corpusOf(name), grown], { stdio: 'ignore' });
  const files = readdirSync(cover).sort((a, b) => statSync(join(cover, a)).size - statSync(join(cover, b)).size);
  rmSync(corpusOf(name), { recursive: true, force: true });
  mkdirSync(corpusOf(name), { recursive: true });
  let [bytes, kept] = [0, 0];
  for (const file of files) {
    bytes += statSync(join(cover, file)).size;
    if (bytes > mostKept) break;
    copyFileSync(join(cover, file), join(corpusOf(name), file));
    kept++;
  }
  console.log(`fuzz ${name}: ${kept} of ${files.length} inputs kept in ${resolve(corpusOf(name))}`);
}

for (const name of chosen) await fuzz(name);
