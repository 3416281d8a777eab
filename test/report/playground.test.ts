import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Browser, startChromium, type Tab } from '../host/chromium.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { buildWasmModule } from '../host/wasm_module.js';
import { serveFolder, type WebServer } from '../host/web_server.js';

/** `npm run playground`, and its page in a browser, from a file server without special headers. */
describe('the page for a browser', function () {
  this.timeout(120_000);
  let site = '';
  let browser: Browser;
  let server: WebServer;
  let tab: Tab;
  const text = async (selector: string): Promise<string> =>
    String(await tab.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`));
  /** A text as soon as it is what it should be. */
  const eventually = async (selector: string, pattern: RegExp): Promise<string> => {
    const until = Date.now() + 20_000;
    for (;;) {
      const found = await text(selector);
      if (pattern.test(found)) return found;
      if (Date.now() > until) throw new Error(`${selector}: ${found}\n${tab.errors().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  before(async function () {
    const lack = buildWasmModule();
    if (lack !== null) return skip(this, lack);
    site = mkdtempSync(join(tmpdir(), 'ptfe-site-'));
    const script = join(repository, 'scripts/build-site.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--output', site], { encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    expect(Number(/: (\d+) bytes gzipped/.exec(stdout)?.[1])).to.be.below(250_000);
  });
  after(async () => {
    await browser?.close();
    server?.close();
    if (site !== '') rmSync(site, { recursive: true, force: true });
  });

  it('every link of the site leads to a file of it, or out of it', () => {
    const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
    expect(pages).to.have.length.above(10);
    const lost = pages.flatMap((page) => {
      const markup = readFileSync(join(site, page), 'utf8');
      return (
        [...markup.matchAll(/ (?:href|src)="([^"#]*)(?:#[^"]*)?"/g)]
          .map(([, target = '']) => target)
          .filter((target) => target !== '' && !/^(https?|mailto):/.test(target))
          // Sources and other files that a site has no page for.
          .filter((target) => /\.(html|css|mjs)$/.test(target))
          .filter((target) => !existsSync(join(site, dirname(page), target)))
          .map((target) => `${page}: ${target}`)
      );
    });
    expect(lost).to.deep.equal([]);
    expect(readFileSync(join(site, 'docs/README.html'), 'utf8')).to.contain('<th scope="col">option</th>');
  });

  describe('in Chromium', () => {
    before(async function () {
      const started = startChromium();
      if (typeof started === 'string') return skip(this, started);
      browser = started;
      server = await serveFolder(site);
      tab = await browser.tab();
      await tab.resize(1280, 900);
      await tab.open(`${server.url}/`);
    });

    it('has the digits at once: what runs where, and a run', async () => {
      expect(await eventually('#status', /27 of 28 nodes/)).to.match(
        /^digits_int8\.tflite: 27 of 28 nodes on the NPU, .*It is run up to SOFTMAX, which stays on the CPU\.$/,
      );
      expect(await eventually('#answer', /highest/)).to.match(/^3 is highest; computed in .* on the software NPU$/);
      expect(await tab.evaluate(`document.querySelectorAll('#ops tbody tr').length`)).to.equal(29);
      expect(await tab.evaluate(`document.querySelectorAll('#scores tbody tr').length`)).to.equal(5);
      expect(tab.errors()).to.deep.equal([]);
    });

    it('runs again on each picture: every digit of the examples', async () => {
      for (const digit of [4, 5, 6]) {
        await tab.evaluate(`document.getElementById('sample').click()`);
        await eventually('#answer', new RegExp(`^${digit} is highest`));
      }
    });

    it('takes a model that is dropped, and says what is wrong with one that is none', async () => {
      const drop = (bytes: Uint8Array, name: string): Promise<unknown> =>
        tab.evaluate(`(() => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob('${Buffer.from(bytes).toString('base64')}'), (one) => one.charCodeAt(0));
          data.items.add(new File([bytes], '${name}'));
          document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
        })()`);
      await drop(readFileSync(join(repository, 'examples/digits_uint8.tflite')), 'mine.tflite');
      expect(await eventually('#status', /^mine\.tflite: /)).to.contain('27 of 28 nodes on the NPU');
      await drop(Uint8Array.of(1, 2, 3), 'none.tflite');
      expect(await eventually('#status', /TFL3/)).to.not.equal('');
      expect(await tab.evaluate(`document.getElementById('status').className`)).to.equal('error');
    });

    it('without a camera says so, and goes on', async () => {
      await tab.evaluate(`document.getElementById('digits').click()`);
      await eventually('#answer', /highest/);
      await tab.evaluate(`document.getElementById('camera').click()`);
      await eventually('#answer', /^No camera: /);
      await tab.evaluate(`document.getElementById('sample').click()`);
      await eventually('#answer', /highest/);
    });

    it('can be used by keys, names all that it has, and fits three widths in light and dark', async () => {
      const nameless = `[...document.querySelectorAll('button, input, select, canvas, a, [role="button"]')]
        .filter((one) => !(one.innerText || one.getAttribute('aria-label') || one.labels?.length || one.closest('label')))
        .map((one) => one.outerHTML.slice(0, 100))`;
      expect(await tab.evaluate(nameless)).to.deep.equal([]);
      expect(await tab.evaluate('document.documentElement.lang')).to.equal('en');
      const visited = new Set<unknown>();
      await tab.evaluate('document.activeElement?.blur(); window.scrollTo(0, 0)');
      for (let i = 0; i < 14; i++) {
        await tab.press('Tab');
        visited.add(await tab.evaluate('document.activeElement.id || document.activeElement.className'));
      }
      for (const id of ['file', 'digits', 'picture', 'camera', 'sample', 'clear'])
        expect([...visited], 'stops of the Tab key').to.include(id);
      for (const width of [1280, 800, 390]) {
        for (const isDark of [false, true]) {
          await tab.resize(width, 900);
          await tab.dark(isDark);
          expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${width}`).to.equal(true);
          mkdirSync(join(repository, 'build/pages'), { recursive: true });
          const name = `build/pages/playground_${width}_${isDark ? 'dark' : 'light'}.png`;
          writeFileSync(join(repository, name), await tab.picture());
        }
      }
      expect(tab.errors()).to.deep.equal([]);
    });
  });
});
