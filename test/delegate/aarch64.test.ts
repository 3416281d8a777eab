import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aarch64Library } from '../host/aarch64_library.js';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { anyPythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { type Aarch64Host, openAarch64Host } from '../host/teflon.js';
import { engine } from './host_program.js';
import { int8Model } from './models.js';

/**
 * The library as boards load it: built for aarch64, in TFLite's C library under qemu. Its outputs (NEON) must be those of
 * the native build, bit for bit.
 */
describe('delegate on aarch64', function () {
  this.timeout(300_000);
  const model = int8Model();
  let host: Aarch64Host;
  let library = '';
  let folder = '';
  before(function () {
    const opened = openAarch64Host();
    if (typeof opened === 'string') return skip(this, opened);
    const built = aarch64Library();
    if (typeof built !== 'string') return skip(this, built.why);
    [host, library, folder] = [opened, built, mkdtempSync(join(tmpdir(), 'ptfe-aarch64-'))];
    writeFileSync(join(folder, 'model.tflite'), model.bytes);
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  const run = (options: Readonly<Record<string, string>>, withoutDevice = false) =>
    host.run({
      withoutDevice,
      model: join(folder, 'model.tflite'),
      delegate: library,
      options: { engine, node: process.execPath, verbose: '1', device: 'software', ...options },
      input: model.inputs[0] ?? new Uint8Array(),
    });

  it('gives the bits of the native build, cold and with a cached plan', async function () {
    const environment = anyPythonEnvironment();
    if (!environment.available) return skip(this, environment.reason);
    const oracle = new Oracle(environment);
    const native = await oracle.run({
      model: model.bytes,
      inputs: [model.inputs],
      delegate: { library: delegateLibrary, options: {} },
    });
    await oracle.stop();
    if (!native.ok) throw new Error(native.error);
    const cache = join(folder, 'cache');
    for (const result of [run({ cache }), run({ cache, node: '/nonexistent/node' })]) {
      expect(result.status, result.stderr).to.equal(0);
      expect(result.stderr).to.match(/ptfe: 4 of 4 nodes on the NPU/);
      // Debian's TensorFlow Lite 2.14.1, without Python: its kernels answer, and its file has a version.
      expect(result.stderr).to.match(/^ptfe: numerics tflite-2\.14: .* convolution #\d+; libtensorflow-?lite\S*$/m);
      result.outputs.forEach((output, i) =>
        expect(Buffer.compare(output, native.outputs[0]?.[i]?.data ?? new Uint8Array()), `output ${i}`).to.equal(0),
      );
    }
  });

  it('goes on without an engine', () => {
    const result = run({ cache: 'off', node: '/nonexistent/node' });
    expect(result.status, result.stderr).to.equal(0);
    expect(result.stderr).to.match(/^ptfe: falling back to CPU: .*nonexistent/m);
  });

  it("device=auto where nothing tells whether this is a board: one line, and TFLite's kernels", function () {
    if (existsSync('/sys/bus/platform/drivers/rocket') || existsSync('/sys/firmware/devicetree/base/compatible'))
      skip(this, 'board: something tells which board this is');
    const result = run({ device: 'auto', verbose: '0' }, true);
    expect(result.status, result.stderr).to.equal(0);
    expect(result.stderr.match(/^ptfe: .*$/gm)).to.deep.equal([
      "ptfe: the NPU is not used, TFLite's kernels compute: no NPU is seen, and nothing tells which board this is (device=software takes the emulation)",
    ]);
    const alone = host.run({ model: join(folder, 'model.tflite'), input: model.inputs[0] ?? new Uint8Array() });
    expect(result.outputs).to.deep.equal(alone.outputs);
    expect(alone.outputs.length).to.be.greaterThan(0);
  });
});
