import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { rk3588 } from '../../src/hardware/chips.js';
import { compileTflite } from '../../src/compile.js';
import { PtfeError } from '../../src/error.js';
import { cutTflite } from '../../src/explain/cut.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import { readTflite } from '../../src/tflite/reader.js';
import { operators } from '../../src/ops/index.js';
import { hasDerivation, wrongOutput } from '../../src/ops/shared/output_shapes.js';
import { checkGraph } from '../../src/partition/check.js';
import { holds } from '../host/holds.js';
import { needShared, sharedPath } from '../host/shared.js';
import { type ModelSpec, writeTflite } from '../host/tflite_writer.js';
import { convModels, dilated, multiplied } from '../ops/conv_models.js';
import { rescaled } from '../ops/elementwise_models.js';
import { poolModels } from '../ops/pool_models.js';
import { channelModels } from '../ops/reduce_models.js';
import { either, nearest } from '../ops/resize_models.js';
import { gated } from '../ops/table_models.js';

const all = { trust: 'inferred', parts: 'all' } as const;

const specs = fc
  .oneof(
    convModels(dilated('CONV_2D')),
    convModels(multiplied),
    rescaled,
    poolModels('MAX_POOL_2D'),
    channelModels('MEAN', 'same'),
    nearest(either),
    gated('LOGISTIC'),
  )
  .map(({ spec }): ModelSpec => spec);

const plansOf = (bytes: Uint8Array): readonly string[] =>
  compileTflite(bytes, all).parts.map(({ plan }) => Buffer.from(plan).toString('base64'));

describe('model: constants behind the tables of a file', () => {
  it('are those of the same model with all inside: plans, and what is cut out', () => {
    holds(
      fc.property(specs, (spec) => {
        const [inside, behind] = [writeTflite(spec), writeTflite({ ...spec, behind: true })];
        expect(readTflite(behind).graph).to.deep.equal(readTflite(inside).graph);
        expect(plansOf(behind)).to.deep.equal(plansOf(inside));
        const last = spec.ops.length - 1;
        expect(cutTflite(behind, last, last)).to.deep.equal(cutTflite(inside, last, last));
      }),
      { numRuns: 60 },
    );
  });

  it('outside the file are damage, with the tensor that wants them', () => {
    holds(
      fc.property(convModels(multiplied), fc.integer({ min: 1, max: 16 }), ({ spec }, cut) => {
        const behind = writeTflite({ ...spec, behind: true });
        const tail = spec.tensors.findLast(({ data }) => data !== undefined)?.data?.length ?? 0;
        const end = behind.length - ((16 - (tail % 16)) % 16);
        expect(() => readTflite(behind.subarray(0, end - cut))).to.throw(PtfeError, /tensor \d+: its data, .* outside/);
      }),
      { numRuns: 30 },
    );
  });
});

describe('model: sparse constants', () => {
  const [rows, depth] = [24, 32];
  const map = { type: 'int8', scale: [0.1], zeroPoint: [0] } as const;
  const spec: ModelSpec = {
    tensors: [
      { ...map, name: 'x', shape: [1, depth] },
      { ...map, name: 'w', shape: [rows, depth], sparse: true, data: new Uint8Array(rows).fill(3) },
      { ...map, name: 'y', shape: [1, rows] },
      { ...map, name: 'z', shape: [1, rows] },
    ],
    ops: [
      {
        op: 'FULLY_CONNECTED',
        inputs: [0, 1, -1],
        outputs: [2],
        options: { type: 'FullyConnectedOptions', fields: {} },
      },
      { op: 'RELU', inputs: [2], outputs: [3] },
    ],
    inputs: [0],
    outputs: [3],
  };

  it('keep their node on the CPU, and no other', () => {
    const { parts, refusals } = compileTflite(writeTflite(spec), all);
    expect(refusals).to.have.length(1);
    expect(refusals[0]).to.deep.include({ node: 0, rule: 'constants' });
    expect(refusals[0]?.text).to.contain('a sparse filter');
    expect(parts.map(({ nodes }) => nodes)).to.deep.equal([[1]]);
  });

  it('cannot be cut out, and nothing is written without them', () => {
    expect(() => cutTflite(writeTflite(spec), 0, 0)).to.throw(PtfeError, 'tensor 1: sparse constants cannot be copied');
    expect(readTflite(cutTflite(writeTflite(spec), 1, 1)).graph.nodes).to.have.length(1);
  });
});

/** Shapes that are not `shape`: a dimension more or less, another length, lengths that changed places or hands. */
const liesAbout = (shape: readonly number[]): readonly (readonly number[])[] => {
  const lengths = shape.flatMap((dim, i) => [dim + 1, dim - 1, 2 * dim].map((other) => shape.with(i, other)));
  const moved = shape.flatMap((dim, i) =>
    shape.flatMap((other, j) => [
      shape.with(i, other).with(j, dim),
      ...(dim % 2 === 0 && i !== j ? [shape.with(i, dim / 2).with(j, 2 * other)] : []),
    ]),
  );
  const truth = shape.join();
  return [...lengths, ...moved, [1, ...shape], shape.slice(1), [...shape, 1]].filter((lie) => lie.join() !== truth);
};

/** Nodes that are taken in spite of a stored output shape that is not the true one. */
const believed = (graph: Graph, nodes: readonly Node[]): readonly string[] =>
  nodes.flatMap((node) =>
    node.outputs.flatMap((output) => {
      const tensor = graph.tensors.get(output);
      if (tensor === undefined) return [];
      return liesAbout(tensor.shape).flatMap((shape) => {
        const tensors = new Map(graph.tensors).set(output, { ...tensor, shape });
        const { refused } = checkGraph({ ...graph, tensors, nodes: [node] }, { chip: rk3588, trust: 'inferred' });
        return refused.has(node.index) ? [] : [`${node.op} ${tensor.shape.join('x')} as ${shape.join('x')}`];
      });
    }),
  );

describe('model: stored output shapes', () => {
  it('can be checked for every op that the NPU takes', () => {
    expect([...operators.keys()].filter((op) => !hasDerivation(op))).to.deep.equal([]);
  });

  it('that are not what TFLite calculates keep their node on the CPU, in random models', () => {
    holds(
      fc.property(specs, (spec) => {
        const { graph } = readTflite(writeTflite(spec));
        expect(graph.nodes.map((node) => wrongOutput(graph, node)).filter((one) => one !== null)).to.deep.equal([]);
        expect(believed(graph, graph.nodes)).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });

  it('and in real ones', function () {
    this.timeout(60_000);
    const names = ['mobilenet_v2_pytorch_nchw_int8', 'movenet_single_pose_lightning_ptq', 'split_concat'];
    const more = [
      'families/fam_ghostnet',
      'families/fam_yolo11_mini',
      'families/fam_convnext_mini',
      'families/fam_wavenet',
    ];
    for (const name of [...names, ...more]) {
      needShared(this, `models/${name}.tflite`);
      const { graph } = readTflite(Uint8Array.from(readFileSync(sharedPath(`models/${name}.tflite`))));
      expect(graph.nodes.map((node) => wrongOutput(graph, node)).filter((one) => one !== null)).to.deep.equal([]);
      const seen = new Map<string, number>();
      const some = graph.nodes.filter(({ op }) => {
        seen.set(op, (seen.get(op) ?? 0) + 1);
        return (seen.get(op) ?? 0) <= 3;
      });
      expect(believed(graph, some), name).to.deep.equal([]);
    }
  });
});
