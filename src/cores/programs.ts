/** Stages -> programs: each an ordinary part of the graph, with tensors of its own shapes, for one core. */
import { type Graph, type Part, type Tensor } from '../graph/graph.js';
import { isByteTensor } from '../graph/tensor.js';
import { type ConvOperation, type Operation, operandsOf } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import { piecesOf } from '../ir/pieces.js';
import type { TensorId } from '../hardware/units.js';
import { type Box, isEmpty, isSameBox, lengthOf, wholeBox } from './box.js';
import type { Stage } from './search.js';
import { declarationsOf, ownBox, type Share, stripOf } from './strip.js';
import { givenBy, isDeclaration, type Plane, type Survey, takenBy } from './survey.js';

export interface Program {
  readonly stage: number;
  readonly core: number;
  readonly graph: Graph;
  readonly part: Part;
  readonly operations: readonly Operation[];
  /** What it has of an input or an output, and what of an output is its own to give. */
  readonly boxOf: (tensor: TensorId) => Box;
  readonly ownOf: (tensor: TensorId) => Box;
}

/** What a tensor is in a program: a box of it; one that only programs know is one of bytes. */
const tensorIn = (known: Tensor | undefined, index: TensorId, [, width]: Plane, { rows, channels }: Box): Tensor => {
  const shape = [1, lengthOf(rows), width, lengthOf(channels)];
  if (known !== undefined && isByteTensor(known)) return { ...known, shape };
  const quantization = { scales: [1], zeroPoints: [0], axis: 0 };
  return { index, name: '', type: 'int8', shape, quantization, constant: false, variable: false, data: null };
};

interface Run {
  readonly operations: readonly Operation[];
  readonly boxOf: (tensor: TensorId) => Box | null;
  readonly ownOf: (tensor: TensorId) => Box;
}

const wholeRun = (survey: Survey, { from, to }: Stage): Run => {
  const positions = [...survey.operations.keys()].filter((position) => position >= from && position < to);
  const declared = declarationsOf(survey, positions);
  const all = (tensor: TensorId): Box => wholeBox(survey.planeOf(tensor));
  return {
    operations: survey.operations.filter((one, position) =>
      isDeclaration(one) ? declared.has(position) : position >= from && position < to,
    ),
    boxOf: all,
    ownOf: all,
  };
};

type StagesOf = (one: ConvOperation) => Stages;

const stripRun = (survey: Survey, stagesOf: StagesOf, { from, to, axis }: Stage, share: Share): Run | null => {
  const strip = stripOf(survey, stagesOf, [from, to], axis, share);
  if (strip === null) return null;
  return {
    operations: strip.operations,
    boxOf: (tensor) => strip.needed.get(tensor) ?? null,
    ownOf: (tensor) => ownBox(survey, tensor, axis, share),
  };
};

const operandsIn = (operations: readonly Operation[]): readonly TensorId[] =>
  operations.flatMap((one) => [one.output, ...operandsOf(one)]);

const programOf = (
  survey: Survey,
  graph: Graph,
  part: Part,
  [stage, at]: readonly [Stage, number],
  core: number,
  run: Run,
): Program => {
  const { operations, ownOf } = run;
  const has = (tensor: TensorId): boolean => run.boxOf(tensor) !== null;
  const wholes = new Map(piecesOf(operations).map(({ output, place }) => [output, place.whole]));
  const inputs = takenBy(survey, stage.from, stage.to).filter(has);
  const given = givenBy(survey, stage.from, stage.to).filter((root) => has(root) && !isEmpty(ownOf(root)));
  const outputs = [...new Set(given.map((root) => wholes.get(root) ?? root))];
  const tensors = new Map(graph.tensors);
  const ends = new Set([...inputs, ...given]);
  for (const tensor of new Set([...operandsIn(operations), ...ends].map(survey.rootOf))) {
    const box = run.boxOf(tensor);
    if (box === null || wholes.has(tensor)) continue;
    const plane = survey.planeOf(tensor);
    const known = graph.tensors.get(tensor);
    const isNew = (known === undefined || !isByteTensor(known)) && ends.has(tensor);
    const isCut = known !== undefined && !isSameBox(box, wholeBox(plane));
    if (isNew || isCut) tensors.set(tensor, tensorIn(known, tensor, plane, box));
  }
  return {
    stage: at,
    core,
    graph: { ...graph, tensors },
    part: { nodes: part.nodes, inputs, outputs },
    // What programs hand over are tensors of the graph.
    operations: operations.filter((one) => one.kind !== 'view' || !tensors.has(one.output)),
    boxOf: (tensor) => run.boxOf(tensor) ?? { rows: [0, 0], channels: [0, 0] },
    ownOf,
  };
};

/**
 * @param stagesOf the settings of a convolution as a whole
 * @returns null where a strip cannot be made
 */
export const programsOf = (
  survey: Survey,
  stagesOf: StagesOf,
  graph: Graph,
  part: Part,
  stages: readonly Stage[],
): readonly Program[] | null => {
  const programs = stages.flatMap((stage, at): readonly (Program | null)[] => {
    if (stage.shares === null) return [programOf(survey, graph, part, [stage, at], 0, wholeRun(survey, stage))];
    return stage.shares.map((share, core) => {
      const run = stripRun(survey, stagesOf, stage, share);
      return run === null ? null : programOf(survey, graph, part, [stage, at], core, run);
    });
  });
  const whole = programs.flatMap((program) => (program === null ? [] : [program]));
  return whole.length === programs.length ? whole : null;
};
