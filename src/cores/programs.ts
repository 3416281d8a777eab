/** Stages -> programs: each an ordinary part of the graph, with tensors of its own shapes, for one core. */
import { type Graph, type Part, type Tensor } from '../graph/graph.js';
import { isByteTensor } from '../graph/tensor.js';
import type { Operation } from '../ir/operation.js';
import { piecesOf } from '../ir/pieces.js';
import type { TensorId } from '../hardware/units.js';
import type { Rows } from './rows.js';
import type { Stage } from './search.js';
import { declarationsOf, type Share, stripOf } from './strip.js';
import { givenBy, isDeclaration, type Plane, type Survey, takenBy } from './survey.js';

export interface Program {
  readonly stage: number;
  readonly core: number;
  readonly graph: Graph;
  readonly part: Part;
  readonly operations: readonly Operation[];
  /** Rows of an input or an output that it has, and of an output those that are its own to give. */
  readonly rowsOf: (tensor: TensorId) => Rows;
  readonly ownOf: (tensor: TensorId) => Rows;
}

/** What a tensor is in a program: some rows; and a name that only programs use is one of bytes. */
const tensorIn = (known: Tensor | undefined, index: TensorId, [, width, channels]: Plane, rows: Rows): Tensor => {
  const shape = [1, rows[1] - rows[0], width, channels];
  if (known !== undefined && isByteTensor(known)) return { ...known, shape };
  const quantization = { scales: [1], zeroPoints: [0], axis: 0 };
  return { index, name: '', type: 'int8', shape, quantization, constant: false, variable: false, data: null };
};

interface Run {
  readonly operations: readonly Operation[];
  readonly rowsOf: (tensor: TensorId) => Rows | null;
  readonly ownOf: (tensor: TensorId) => Rows;
}

const wholeRun = (survey: Survey, { from, to }: Stage): Run => {
  const positions = [...survey.operations.keys()].filter((position) => position >= from && position < to);
  const declared = declarationsOf(survey, positions);
  const all = (tensor: TensorId): Rows => [0, survey.planeOf(tensor)[0]];
  return {
    operations: survey.operations.filter((one, position) =>
      isDeclaration(one) ? declared.has(position) : position >= from && position < to,
    ),
    rowsOf: all,
    ownOf: all,
  };
};

const stripRun = (survey: Survey, { from, to }: Stage, share: Share): Run | null => {
  const strip = stripOf(survey, from, to, share);
  if (strip === null) return null;
  return { operations: strip.operations, rowsOf: (tensor) => strip.needed.get(tensor) ?? null, ownOf: strip.own };
};

const programOf = (
  survey: Survey,
  graph: Graph,
  part: Part,
  stage: Stage,
  at: number,
  core: number,
  run: Run,
): Program => {
  const { operations, ownOf } = run;
  const has = (tensor: TensorId): boolean => run.rowsOf(tensor) !== null;
  const wholes = new Map(piecesOf(operations).map(({ output, place }) => [output, place.whole]));
  const inputs = takenBy(survey, stage.from, stage.to).filter(has);
  const given = givenBy(survey, stage.from, stage.to).filter((root) => has(root) && ownOf(root)[0] < ownOf(root)[1]);
  const outputs = [...new Set(given.map((root) => wholes.get(root) ?? root))];
  const rowsOf = (tensor: TensorId): Rows => run.rowsOf(tensor) ?? [0, 0];
  const tensors = new Map(graph.tensors);
  const outside = new Set(
    survey.operations.flatMap((one) => (one.kind === 'border' ? [one.side === 'input' ? one.input : one.output] : [])),
  );
  const touched = operations.flatMap((one) => [
    one.output,
    ...('input' in one ? [one.input] : []),
    ...('inputs' in one ? one.inputs : []),
  ]);
  for (const tensor of new Set([...touched, ...inputs, ...given].map(survey.rootOf))) {
    const rows = run.rowsOf(tensor);
    const plane = survey.planeOf(tensor);
    const known = graph.tensors.get(tensor);
    const isBorder = inputs.includes(tensor) || given.includes(tensor);
    const isNew = known === undefined || !isByteTensor(known);
    if (rows === null || outside.has(tensor) || wholes.has(tensor)) continue;
    const isCut = rows[0] !== 0 || rows[1] !== plane[0];
    if ((isNew && isBorder) || (known !== undefined && isCut))
      tensors.set(tensor, tensorIn(known, tensor, plane, rows));
  }
  return {
    stage: at,
    core,
    graph: { ...graph, tensors },
    part: { nodes: part.nodes, inputs, outputs },
    operations,
    rowsOf,
    ownOf,
  };
};

/** @returns null where a strip cannot be made */
export const programsOf = (
  survey: Survey,
  graph: Graph,
  part: Part,
  stages: readonly Stage[],
): readonly Program[] | null => {
  const programs = stages.flatMap((stage, at): readonly (Program | null)[] => {
    if (stage.shares === null) return [programOf(survey, graph, part, stage, at, 0, wholeRun(survey, stage))];
    return stage.shares.map((share, core) => {
      const run = stripRun(survey, stage, share);
      return run === null ? null : programOf(survey, graph, part, stage, at, core, run);
    });
  });
  const whole = programs.flatMap((program) => (program === null ? [] : [program]));
  return whole.length === programs.length ? whole : null;
};
