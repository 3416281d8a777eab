import { expect } from 'chai';
import { type Browser, startChromium } from '../host/chromium.js';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { buildWasmModule } from '../host/wasm_module.js';
import { serveFolder, type WebServer } from '../host/web_server.js';

describe('Model in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: WebServer;
  before(async function () {
    demandFresh('engine');
    const lack = buildWasmModule();
    if (lack !== null) return skip(this, lack);
    const started = startChromium();
    if (typeof started === 'string') return skip(this, started);
    browser = started;
    server = await serveFolder(repository);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  it('examples/web classifies the picture of its page', async () => {
    const tab = await browser.tab();
    await tab.open(`${server.url}/examples/web/`);
    const answer = await tab.evaluate(`new Promise((resolve, reject) => {
      const look = () => {
        const text = document.getElementById('answer').textContent;
        if (text === '…') setTimeout(look, 20); else resolve(text);
      };
      look();
      setTimeout(() => reject(new Error('no answer')), 20000);
    })`);
    expect(answer, tab.errors().join('\n')).to.match(/^on wasm: 3 \(0\.\d+\)$/);
  });

  it('names the nodes of a model that stays on the CPU, and has no NPU', async () => {
    const tab = await browser.tab();
    await tab.open(`${server.url}/examples/web/`);
    const refused = await tab.evaluate(`(async () => {
      const { Model } = await import('/dist/browser/index.mjs');
      const bytes = new Uint8Array(await (await fetch('/examples/digits_int8.tflite')).arrayBuffer());
      const refusals = [];
      for (const options of [{}, { outputs: ['functional_1/reshape_1/Reshape'], device: 'npu' }])
        await Model.open(bytes, options).catch((error) => refusals.push([error.code, error.nodes?.length ?? 0]));
      return refusals;
    })()`);
    expect(refused).to.deep.equal([
      ['cpu-nodes', 1],
      ['device', 0],
    ]);
  });
});
