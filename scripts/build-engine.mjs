// Bundles the engine into dist/engine.mjs, the public API with its worker, for Node and for browsers, and the `ptfe` program: one file each, so that the child process
// of the delegate starts quickly and a board needs no node_modules.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { reportPage } from './report-page.mjs';

const { version, engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace('>=', '');
const [major, minor] = needed.split('.').map(Number);

// An older Node gets as far as this line: it knows the syntax (`target`), and no name that its modules lack is imported.
const oldest = 'node12.20';
const bannerThat = (ends) => `{
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < ${major} || (major === ${major} && minor < ${minor})) {
    const text = 'ptfe needs Node ${needed} or later, and this is Node ' + process.versions.node;
    ${ends}
  }
}`;
const program = bannerThat("process.stderr.write('Error: ' + text + '\\n'); process.exit(2);");
// Another's program is not ended.
const library = bannerThat('throw new Error(text);');

/** The compiler as text in a loader (engine-loader.mjs). */
async function buildEngine() {
  const made = await build({
    ...shared,
    format: 'cjs',
    entryPoints: ['src/engine.ts'],
    outfile: 'engine.cjs',
    write: false,
  });
  const source = `(function (require, keepCode) {\n${made.outputFiles[0].text}\n})`;
  const id = createHash('sha256').update(source).digest('hex');
  const loader = readFileSync(new URL('engine-loader.mjs', import.meta.url), 'utf8');
  const engine = loader
    .replace('ENGINE_SOURCE', () => JSON.stringify(source))
    .replace('ENGINE_ID', () => JSON.stringify(id));
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/engine.mjs', `${program}\n${engine}`);
}

const shared = {
  bundle: true,
  platform: 'node',
  target: oldest,
  format: 'esm',
  define: { PTFE_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};
await buildEngine();
await build({ ...shared, banner: { js: library }, entryPoints: ['src/index.ts'], outfile: 'dist/index.mjs' });
// Only what `ptfe` finds no addon for loads this one, and at once: `require` waits for nothing.
await build({ ...shared, format: 'cjs', minify: true, entryPoints: ['src/wasm.ts'], outfile: 'dist/wasm.cjs' });
const page = await reportPage();
await build({
  ...shared,
  banner: { js: program },
  // In base64: what an older Node reads of the program is not the page's newer JavaScript.
  define: { ...shared.define, PTFE_REPORT_PAGE: JSON.stringify(Buffer.from(page).toString('base64')) },
  entryPoints: ['src/cli.ts'],
  outfile: 'dist/cli.mjs',
});
// Where `ptfe` runs from its sources, in tests.
writeFileSync('dist/report.html', page);
await build({ ...shared, entryPoints: ['src/api/node_worker.ts'], outfile: 'dist/worker.mjs' });
// The page and its worker share what both compile with, in a file whose name changes with it: the one before goes.
const browser = await build({
  ...shared,
  platform: 'browser',
  alias: { 'node:crypto': './src/wire/sha256.ts' },
  target: 'es2022',
  minify: true,
  splitting: true,
  entryPoints: { index: 'src/browser.ts', worker: 'src/api/web_worker.ts' },
  outdir: 'dist/browser',
  outExtension: { '.js': '.mjs' },
  metafile: true,
});
for (const name of readdirSync('dist/browser'))
  if (!Object.hasOwn(browser.metafile.outputs, `dist/browser/${name}`)) rmSync(`dist/browser/${name}`);
chmodSync('dist/cli.mjs', 0o755);
console.log(`dist/engine.mjs, index.mjs, worker.mjs, cli.mjs, browser/: ptfe ${version}`);
