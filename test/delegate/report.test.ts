import { expect } from 'chai';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, openAnyBench, said } from './host_program.js';
import { compileTflite } from '../../src/compile.js';
import { elementCount } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { goldenModels } from '../golden/models.js';
import { writeTflite } from '../host/tflite_writer.js';
import { reshaped } from '../ops/host_models.js';
import { expectDelegated } from './expectations.js';
import { floatModel, int8Model } from './models.js';
import { skip } from '../host/skip.js';

/** What a person reads: verbose=1 and profile=FILE. */
describe('delegate: reports', function () {
  this.timeout(60_000);
  let bench: Bench;
  const model = int8Model();
  before(function () {
    const opened = openAnyBench();
    if (typeof opened === 'string') return skip(this, opened);
    bench = opened;
  });
  after(() => bench?.remove());

  it("verbose=1 prints Teflon's tables and a summary", async () => {
    const result = await bench.run(model, { verbose: '1' });
    expectDelegated(result, await bench.reference(model));
    const lines = result.stderr.split('\n');
    expect(lines.some((line) => /^ idx type +ver +support +inputs/.test(line))).to.equal(true);
    expect(
      lines.filter((line) => /^ +\d+ (CONV_2D|DEPTHWISE_CONV_2D|ADD) +v\d +supported +in: /.test(line)),
    ).to.have.lengthOf(4);
    expect(
      lines.filter((line) => /^ +\d+ +\d\.\d{6} +[0-9a-f]+ +(yes|no) +\d+x\d+x\d+x\d+/.test(line)).length,
    ).to.be.above(5);
    const summary =
      /^ptfe: 4 of 4 nodes on the NPU in 1 partition, \d+ tasks?, estimated \d+\.\d+ ms on rk3588 \(one core, \d+ MHz\)$/;
    expect(said(result.stderr).filter((line) => summary.test(line))).to.have.lengthOf(1);
  });

  it('verbose=1 names the rule that refuses a node', async () => {
    const clamped = goldenModels.find(({ name }) => name === 'conv_clamp');
    if (clamped === undefined) throw new Error('no golden model conv_clamp');
    const { graph, inputs: given } = readTflite(clamped.bytes);
    const inputs = given.map((index) => new Uint8Array(elementCount(graph.tensors.get(index)?.shape ?? [])));
    const result = await bench.run({ bytes: clamped.bytes, inputs }, { verbose: '1', trust: 'seen' });
    const refusals = said(result.stderr).filter((line) => /#\d+ stays on the CPU: /.test(line));
    expect(refusals.find((line) => line.includes('CONV_2D'))).to.match(
      /^ptfe: CONV_2D #\d+ stays on the CPU: [a-z-]+: .+/,
    );
  });

  it('a model with nothing for the NPU says so in one line', async () => {
    const result = await bench.run(floatModel(), {});
    expect(said(result.stderr)).to.have.lengthOf(1);
    expect(said(result.stderr)[0]).to.match(/no int8 or uint8 operations/);
  });

  it('profile=FILE writes a trace with every task and prints a table', async () => {
    const file = join(bench.folder, 'trace.json');
    const result = await bench.run(model, { profile: file });
    expectDelegated(result, await bench.reference(model));
    expect(existsSync(file)).to.equal(true);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
      traceEvents: readonly { ph: string; name: string; ts?: number; dur?: number }[];
    };
    const tasks = traceEvents.filter(({ ph }) => ph === 'X');
    expect(tasks.map(({ name }) => name)).to.include('CONV_2D #0');
    tasks.reduce((end, { ts = -1, dur = -1 }) => {
      expect(ts).to.be.at.least(end - 0.002);
      return ts + dur;
    }, 0);
    expect(result.stderr).to.match(/^operation +node +tasks/m);
    expect(result.stderr).to.match(/^CONV_2D +0 +\d+ /m);
  });

  it('counts and times the host apart from the NPU', async () => {
    const [{ spec, inputs } = { spec: null, inputs: [] }] = fc.sample(
      reshaped.filter(({ spec: drawn }) => compileTflite(writeTflite(drawn)).hosted.length === 1),
      { seed: 3, numRuns: 1 },
    );
    if (spec === null) throw new Error('nothing drawn');
    const own = { bytes: writeTflite(spec), inputs };
    const file = join(bench.folder, 'host.json');
    const result = await bench.run(own, { verbose: '1', profile: file });
    expectDelegated(result, await bench.reference(own), 0);
    expect(said(result.stderr).join('\n')).to.match(
      /2 of 3 nodes on the NPU and 1 on the host in 1 partition, \d+ tasks/,
    );
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
      traceEvents: readonly { ph: string; name: string; tid: number }[];
    };
    const host = traceEvents.filter(({ ph, tid }) => ph === 'X' && tid === 2).map(({ name }) => name);
    // Beside it: the opening of the plan and the conversions at its border.
    const around = host.filter((name) => !/^(prepare |inputs to|cubes to )/.test(name));
    expect(new Set(around), host.join(', ')).to.deep.equal(new Set(['RESHAPE host #1']));
    expect(result.stderr).to.match(/^RESHAPE host +1 +0 /m);
  });

  it('a profile that cannot be written is one line', async () => {
    const result = await bench.run(model, { profile: '/nonexistent/trace.json' });
    expectDelegated(result, await bench.reference(model));
    expect(said(result.stderr).filter((line) => line.includes('/nonexistent/trace.json'))).to.have.lengthOf(1);
  });
});
