/**
 * One small model through what a delegate uses: the engine as a child process compiles it, a device runs it, and the values are
 * held against the reference.
 */
import { spawnSync } from 'node:child_process';
import type { Addon, PlanDevice } from '../cli/installation.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { frame, frameHeader, frameKinds, replyMagic, requestMagic } from '../wire/engine_protocol.js';
import { joined } from '../wire/joined.js';
import { readRecord } from '../wire/record.js';
import { activation as activations, padding } from '../tflite/operators.js';
import { newestNumerics } from '../graph/numerics.js';
import { messageOf } from '../wire/write_message.js';
import { partsRun, readPlansRun } from '../plan/answer.js';
import { evaluate } from '../lab/reference/graph.js';
import { absent, failed, type Finding, messageOf as textOf, ok } from './finding.js';

const side = 4;
const channels = 16;
const engineMilliseconds = 60_000;

const quantization = (scale: number, zeroPoint: number): Tensor['quantization'] => ({
  scales: [Math.fround(scale)],
  zeroPoints: [zeroPoint],
  axis: 0,
});

const activation = (index: number, name: string, scale: number, zeroPoint: number): Tensor => ({
  index,
  name,
  type: 'int8',
  shape: [1, side, side, channels],
  quantization: quantization(scale, zeroPoint),
  constant: false,
  variable: false,
  data: null,
});

/** Bytes that are the same in each run, and look like noise. */
const bytesOf = (length: number, step: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * step + 7) & 0xff);

/** A 1x1 convolution. */
const graph: Graph = {
  numerics: newestNumerics,
  tensors: new Map(
    [
      activation(0, 'input', 0.05, -3),
      {
        ...activation(1, 'filter', 0.01, 0),
        shape: [channels, 1, 1, channels],
        constant: true,
        data: bytesOf(channels * channels, 37),
      },
      activation(2, 'output', 0.11, 5),
    ].map((tensor) => [tensor.index, tensor]),
  ),
  nodes: [
    {
      index: 0,
      op: 'CONV_2D',
      version: 3,
      inputs: [0, 1],
      outputs: [2],
      params: {
        padding: padding.same,
        strideH: 1,
        strideW: 1,
        dilationH: 1,
        dilationW: 1,
        activation: activations.none,
      },
    },
  ],
};
const part = { nodes: [0], inputs: [0], outputs: [2] };
const input = bytesOf(side * side * channels, 101);

/** The payloads of the replies. @throws Error with what the engine says, or that it says something else */
const repliesOf = (bytes: Uint8Array): readonly Uint8Array[] => {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const begin = at + frameHeader.size;
    const head = begin > bytes.byteLength ? null : readRecord(frameHeader, bytes, at);
    if (head?.magic !== replyMagic) throw new Error('its answer is none of the engine');
    const payload = bytes.subarray(begin, begin + head.length);
    if (head.kind === frameKinds.of.error) throw new Error(new TextDecoder().decode(payload));
    payloads.push(payload);
    at = begin + head.length;
  }
  return payloads;
};

export interface EngineFiles {
  readonly node: string;
  readonly engine: string;
}

/** Compiles the model by a new process of the engine. @throws Error */
export const compileByEngine = ({ node, engine }: EngineFiles): Uint8Array => {
  const request = joined([
    frame(requestMagic, 'check', messageOf(graph, graph.nodes)),
    frame(requestMagic, 'compile', partsRun([part])),
  ]);
  const { stdout, stderr, error, status } = spawnSync(node, [engine, 'serve'], {
    input: request,
    timeout: engineMilliseconds,
  });
  if (error !== undefined) throw error;
  const [, plans] = repliesOf(stdout);
  const plan = plans === undefined ? undefined : readPlansRun(plans)[0];
  if (plan !== undefined) return plan;
  const [said = ''] = stderr.toString().trim().split('\n');
  throw new Error(said === '' ? `it ended with ${status ?? 'a signal'} and without a plan` : said);
};

/** Runs the plan and compares it with the reference. */
export const trialFinding = (
  what: string,
  addon: Addon | null,
  plan: Uint8Array | null,
  device: PlanDevice,
): Finding => {
  if (plan === null) return absent(what, 'not tried: there is no plan without the engine');
  if (addon === null) return absent(what, 'not tried: it needs the addon', 'npm run build:native');
  const expected = evaluate(graph, new Map([[0, input]])).get(2) ?? new Uint8Array();
  try {
    const started = performance.now();
    const output = addon.planRun(plan, [input], { device })[0] ?? new Uint8Array();
    const took = performance.now() - started;
    const wrong = expected.reduce((sum, value, i) => sum + (value === output[i] ? 0 : 1), 0);
    if (wrong === 0) return ok(what, `a 1x1 convolution: ${expected.length} values are right, ${took.toFixed(1)} ms`);
    const cure =
      device === 'npu'
        ? 'device=none keeps programs right meanwhile; docs/board.md says what to report'
        : 'npm run build; a bug where that does not help';
    return failed(what, `${wrong} of ${expected.length} values of a 1x1 convolution are wrong`, cure);
  } catch (error) {
    return failed(what, textOf(error), device === 'npu' ? 'dmesg says more (docs/board.md)' : 'npm run build');
  }
};
