import { expect } from 'chai';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../host/oracle.js';
import { skip } from '../host/skip.js';
import { expectDelegated, expectFallback } from './expectations.js';
import { type Bench, engine, faultyEngine, openAnyBench } from './host_program.js';
import { int8Model } from './models.js';

/** Whatever the engine does, the host answers with TFLite's kernels and says in one line why. */
const faultsAtOnce = [
  'exit',
  'crash',
  'garbage',
  'garbage then hang',
  'endless garbage',
  'huge length',
  'half a header',
  'short payload',
  'error reply',
  'error reply with control characters',
  'check of other nodes',
  'check with too many nodes',
  'text beyond the payload',
  'wrong kind',
  'crash in compile',
  'exit in compile',
  'half a plan',
  'truncated plan',
  'flipped magic of a plan',
  'flipped plan',
  'no plan',
  'plan of another length',
  'refusal instead of a plan',
];
const faultsInTime = ['hang', 'closed pipes', 'hang in compile'];

describe('delegate: an engine that goes wrong', function () {
  this.timeout(120_000);
  let bench: Bench;
  let reference: RunResult;
  const model = int8Model();
  before(async function () {
    const opened = openAnyBench();
    if (typeof opened === 'string') return skip(this, opened);
    bench = opened;
    reference = await bench.reference(model);
  });
  after(() => bench?.remove());

  const withFault = (fault: string, timeout: string): Promise<RunResult> =>
    bench.run(
      model,
      { engine: faultyEngine, timeout },
      { variables: { PTFE_TEST_FAULT: fault, PTFE_TEST_ENGINE: engine } },
    );

  it('a good engine takes the model', async () => {
    expectDelegated(await bench.run(model, {}), reference);
  });

  for (const fault of faultsAtOnce) {
    it(fault, async () => {
      const result = await withFault(fault, '20');
      expectFallback(result, reference, /^ptfe: .{10,300}$/);
      expect(result.ok && result.prepareSeconds, 'seconds').to.be.below(10);
    });
  }

  for (const fault of faultsInTime) {
    it(`${fault}: ends with the time-out`, async () => {
      const result = await withFault(fault, '1');
      expectFallback(result, reference, /^ptfe: /);
      expect(result.ok && result.prepareSeconds, 'seconds').to.be.below(6);
    });
  }

  it('bytes behind a reply do no harm', async () => {
    const result = await withFault('bytes behind the reply', '20');
    if (!result.ok || !reference.ok) throw new Error('the host failed');
    expect(result.children).to.deep.equal([]);
  });

  it('no Node', async () => {
    expectFallback(await bench.run(model, { node: '/nonexistent/node' }), reference, /^ptfe: .*\/nonexistent\/node/);
  });

  it('no Node on the PATH', async () => {
    expectFallback(
      await bench.run(model, {}, { variables: { PATH: '/nonexistent', PTFE_NODE: '' } }),
      reference,
      /^ptfe: .*node/i,
    );
  });

  it('a Node that is something else', async () => {
    expectFallback(await bench.run(model, { node: '/bin/false' }), reference, /^ptfe: /);
    expectFallback(await bench.run(model, { node: '/etc/passwd' }), reference, /^ptfe: /);
  });

  it('a Node that is too old for the engine', async () => {
    const old = join(bench.folder, 'old-node');
    writeFileSync(old, '#!/bin/sh\necho "SyntaxError: Unexpected token {" >&2\nexit 1\n');
    chmodSync(old, 0o755);
    expectFallback(await bench.run(model, { node: old }), reference, /^ptfe: /);
  });

  it('no engine', async () => {
    expectFallback(
      await bench.run(model, { engine: '/nonexistent/engine.mjs' }),
      reference,
      /^ptfe: .*\/nonexistent\/engine\.mjs/,
    );
  });

  it('no file descriptors left for the pipes', async () => {
    const result = await bench.run(model, {}, { wrapper: 'ulimit -n 24; exec "$@"' });
    if (!reference.ok || !result.ok) throw new Error(result.ok ? 'no reference' : `${result.error} ${result.stderr}`);
    expect(result.children).to.deep.equal([]);
  });
});
