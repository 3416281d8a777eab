// `npm run playground`: the page in site/ (a static folder; any file server will do), with the pages of docs/ behind it.
// `npm run playground -- --serve`: and a server on this computer.
import { build } from 'esbuild';
import { createServer } from 'node:http';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseArgs } from 'node:util';
import { pageOf } from './markdown.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const { values } = parseArgs({
  options: { serve: { type: 'boolean' }, output: { type: 'string', default: join(root, 'build/site') } },
});
const site = resolve(values.output);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Bytes that a visitor of the page loads, but for models. */
const mostGzipped = 250_000;

const wasm = join(root, 'dist/ptfe.wasm');
if (!existsSync(wasm)) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build-wasm-module.mjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
rmSync(site, { recursive: true, force: true });
for (const folder of ['', 'models', 'page', 'docs']) mkdirSync(join(site, folder), { recursive: true });

await build({
  absWorkingDir: root,
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  charset: 'utf8',
  define: { PTFE_VERSION: JSON.stringify(version) },
  alias: { 'node:crypto': './src/wire/sha256.ts' },
  entryPoints: { page: 'web/playground/page.ts', worker: 'src/api/web_worker.ts', style: 'web/playground/page.css' },
  outdir: join(site, 'page'),
  outExtension: { '.js': '.mjs' },
});
copyFileSync(wasm, join(site, 'ptfe.wasm'));
copyFileSync(join(root, 'examples/digits_int8.tflite'), join(site, 'models/digits_int8.tflite'));
for (let digit = 0; digit < 10; digit++)
  copyFileSync(join(root, `examples/pictures/digit_${digit}.png`), join(site, `models/digit_${digit}.png`));

// The docs: each page of Markdown as one of HTML, with the links between them.
const pages = ['README', 'ARCHITECTURE', 'SUPPORTED_OPS', 'CHANGELOG', 'CONTRIBUTING', 'SECURITY']
  .map((name) => ({ from: `${name}.md`, to: `docs/${name}.html` }))
  .concat(
    readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => ({ from: `docs/${name}`, to: `docs/docs/${name.replace(/\.md$/, '.html')}` })),
  );
mkdirSync(join(site, 'docs/docs'), { recursive: true });
for (const { from, to } of pages) {
  const up = '../'.repeat(to.split('/').length - 1);
  writeFileSync(
    join(site, to),
    pageOf(readFileSync(join(root, from), 'utf8'), {
      style: `${up}page/style.css`,
      home: `${up}index.html`,
      pages: pages.map((one) => one.from),
      from,
    }),
  );
}

const links = '<a href="docs/README.html">What it is, and the documentation</a>';
writeFileSync(
  join(site, 'index.html'),
  readFileSync(join(root, 'web/playground/index.html'), 'utf8')
    .replace('<!--docs-->', links)
    .replace('href="page.css"', 'href="page/style.css"')
    .replace('src="page.mjs"', 'src="page/page.mjs"'),
);

const loaded = ['index.html', 'ptfe.wasm', ...readdirSync(join(site, 'page')).map((name) => `page/${name}`)];
const bytes = loaded.reduce((sum, name) => sum + gzipSync(readFileSync(join(site, name)), { level: 9 }).length, 0);
console.log(`${site}: ${bytes} bytes gzipped without models, ${pages.length} pages of documentation`);
if (bytes > mostGzipped) {
  console.error(`that is more than ${mostGzipped}`);
  process.exit(1);
}

const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.css': 'text/css' };
if (values.serve) {
  const server = createServer((request, response) => {
    const path = join(site, decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file =
      path.startsWith(site) && existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
    if (!path.startsWith(site) || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(response);
  });
  server.listen(8080, '127.0.0.1', () => console.log('http://127.0.0.1:8080'));
}
