import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, startChromium, type Tab } from '../host/chromium.js';
import { ptfe } from '../host/cli.js';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

const digits = join(repository, 'examples/digits_int8.tflite');

/** The page of `ptfe report --html`, opened from disk and read as a person would. */
describe('the page of ptfe report', function () {
  this.timeout(60_000);
  let folder = '';
  let browser: Browser;
  let tab: Tab;
  let url = '';
  const count = (selector: string): Promise<unknown> =>
    tab.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
  const text = (selector: string): Promise<unknown> =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`);
  before(async function () {
    demandFresh('engine');
    const started = startChromium();
    if (typeof started === 'string') return skip(this, started);
    browser = started;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-page-'));
    const page = join(folder, 'page.html');
    expect(ptfe('report', digits, '--versus', 'precision=best', '--html', page).code).to.equal(0);
    url = `file://${page}`;
    tab = await browser.tab();
    await tab.open(url);
  });
  after(async () => {
    await browser?.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it('shows every node in the graph and in the table, with its place in words', async () => {
    expect(await count('.node')).to.equal(28);
    expect(await count('.node.npu')).to.equal(27);
    expect(await count('.node.cpu')).to.equal(1);
    expect(await count('#ops tbody tr')).to.equal(29);
    expect(await tab.evaluate(`document.querySelector('.node.cpu').getAttribute('aria-label')`)).to.match(
      /^#27 SOFTMAX on the CPU: operator: /,
    );
    expect(await count('.span')).to.be.above(25);
    expect(await count('.block')).to.be.above(20);
    expect(tab.errors()).to.deep.equal([]);
  });

  it('shows what an op became when it is chosen, by pointer and by keys alone', async () => {
    await tab.evaluate(`document.querySelectorAll('#ops button')[1].click()`);
    expect(await text('#chosen'))
      .to.match(/^#1 CONV_2D\n/)
      .and.to.contain('Tiles in CBUF');
    await tab.evaluate(`document.querySelector('.node').focus()`);
    await tab.press('ArrowDown');
    await tab.press('ArrowDown');
    await tab.press('Enter');
    expect(await text('#chosen')).to.match(/^#2 DEPTHWISE_CONV_2D\n/);
    expect(await tab.evaluate(`document.querySelector('.node.chosen').getAttribute('aria-pressed')`)).to.equal('true');
    expect(await count('.node[tabindex="0"]')).to.equal(1);
  });

  it('has two compiles side by side, and shows the one that is asked for', async () => {
    const heads = `[...document.querySelectorAll('section:first-of-type thead th')].map((one) => one.innerText).filter((one) => one !== '').length`;
    expect(await tab.evaluate(heads)).to.equal(2);
    await tab.evaluate(`(() => {
      const select = document.querySelectorAll('select')[0];
      select.value = '1';
      select.dispatchEvent(new Event('change'));
    })()`);
    expect(await text('section:first-of-type thead')).to.match(/^\s*\S*digits_int8\.tflite \(precision=best\)/);
  });

  it('fits three widths, in light and dark, with text that can be read', async () => {
    const contrast = `(() => {
      const lightness = (color) => {
        const canvas = document.createElement('canvas').getContext('2d');
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) => {
          const share = one / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const page = lightness(getComputedStyle(document.body).backgroundColor);
      return Math.min(...['body', '.mark.npu', '.mark.host', '.mark.cpu', 'caption'].map((selector) => {
        const ink = lightness(getComputedStyle(document.querySelector(selector)).color);
        return (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
      }));
    })()`;
    for (const width of [1280, 800, 390]) {
      for (const isDark of [false, true]) {
        await tab.resize(width, 900);
        await tab.dark(isDark);
        await tab.open(url);
        // Wide tables and drawings scroll in boxes of their own.
        const wide = `[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth
          && one.closest('.scrolls') === null).map((one) => one.outerHTML.slice(0, 80))`;
        expect(await tab.evaluate(wide), `${width} columns`).to.deep.equal([]);
        expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
        // WCAG AA.
        expect(await tab.evaluate(contrast), isDark ? 'dark' : 'light').to.be.at.least(4.5);
        mkdirSync(join(repository, 'build/pages'), { recursive: true });
        writeFileSync(
          join(repository, `build/pages/report_${width}_${isDark ? 'dark' : 'light'}.png`),
          await tab.picture(),
        );
      }
    }
    expect(tab.errors()).to.deep.equal([]);
  });
});
