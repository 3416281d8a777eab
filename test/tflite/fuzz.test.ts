import { expect } from 'chai';
import fc from 'fast-check';
import { rk3588 } from '../../src/hardware/chips.js';
import { compilePart, compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { readMessage } from '../../src/wire/message.js';
import { checkGraph } from '../../src/partition/check.js';
import { splitParts } from '../../src/partition/split.js';
import { graphMessage } from '../host/graph_message.js';
import { seededRandom } from '../host/random.js';
import { buildModel, modelChoice } from '../ops/random_model.js';
import { goldenModels } from '../golden/models.js';

/**
 * Damaged models and graph messages: refused by name, or compiled to something, but never a crash, a hang or an error
 * that is not ours. PTFE_FUZZ_FILES sets how many of each.
 */
const count = Number(process.env['PTFE_FUZZ_FILES'] ?? 1500);
const slowest = 5000;

const interesting = [0, 1, 2, 127, 128, 255, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A few bytes changed, words replaced, or the end cut off. */
function damaged(whole: Uint8Array, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = whole.slice();
  const view = new DataView(bytes.buffer);
  for (let edits = random.integer(1, 6); edits > 0; edits--) {
    const at = random.integer(0, bytes.length - 4);
    if (random.chance(0.5)) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    else if (random.chance(0.5)) view.setUint32(at & ~3, random.pick(interesting as [number, ...number[]]), true);
    else view.setInt32(at & ~3, random.integer(-300, 300), true);
  }
  return random.chance(0.1) ? bytes.subarray(0, random.integer(0, bytes.length)) : bytes;
}

const models = [
  ...goldenModels.map(({ bytes }) => bytes),
  ...fc
    .sample(modelChoice, { numRuns: 30, seed: 5 })
    .map((choice) => buildModel(choice).bytes)
    .filter(({ length }) => length < 20_000),
];

interface Outcome {
  readonly refused: number;
  readonly compiled: number;
}

/** Runs `use` on damaged copies; anything but a PtfeError, or a slow one, fails the test. */
function fuzz(originals: readonly Uint8Array[], use: (bytes: Uint8Array) => unknown): Outcome {
  let [refused, compiled] = [0, 0];
  for (let i = 0; i < count; i++) {
    const bytes = damaged(originals[i % originals.length] ?? new Uint8Array(), i);
    const start = performance.now();
    try {
      use(bytes);
      compiled++;
    } catch (error) {
      if (!(error instanceof PtfeError)) throw new Error(`seed ${i}: ${String(error)}`, { cause: error });
      refused++;
    }
    expect(performance.now() - start, `seed ${i}: milliseconds`).to.be.below(slowest);
  }
  return { refused, compiled };
}

describe('damaged models', function () {
  this.timeout(Math.max(120_000, count * 60));

  it(`${count} .tflite files`, () => {
    console.log(`      ${JSON.stringify(fuzz(models, (bytes) => compileTflite(bytes)))}`);
  });

  it(`${count} graph messages`, () => {
    const outcome = fuzz(models.map(graphMessage), (bytes) => {
      const { graph } = readMessage(bytes);
      const { rewritten, refused } = checkGraph(graph, { chip: rk3588, trust: 'inferred' });
      const supported = new Set(graph.nodes.map(({ index }) => index).filter((index) => !refused.has(index)));
      const outputs = graph.nodes.flatMap((node) => node.outputs);
      return splitParts(graph, supported, outputs).map((part) => compilePart(rewritten, part, { trust: 'inferred' }));
    });
    console.log(`      ${JSON.stringify(outcome)}`);
  });
});
