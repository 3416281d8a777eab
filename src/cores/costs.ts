/** What operations cost by themselves, all of them or some rows: for the search of stages, which asks for each many times. */
import { cubeOf } from '../layout/cube.js';
import { padConvolution } from '../ir/build/copy.js';
import { Spare } from '../ir/build/arrange.js';
import { type Operation, operandsOf, type TaskOperation } from '../ir/operation.js';
import { stagesOf } from '../ir/operation_stages.js';
import type { Hardware } from '../hardware/machine.js';
import type { TaskCost } from '../hardware/speed.js';
import type { Stages } from '../requantize/stages.js';
import { taskCosts } from '../cost/task_cost.js';
import { tileOperation } from '../tile/tile.js';
import type { Position, TensorId } from '../hardware/units.js';
import { cutToRows, rowCount, type Rows, rowsRead } from './rows.js';
import type { Survey } from './survey.js';

const nothing: readonly TaskCost[] = [];

/** What becomes tasks of its own, as far as one can know before tensors have their places: most moves become none. */
const taskOf = (one: Operation): TaskOperation | null => {
  switch (one.kind) {
    case 'pad':
      return padConvolution(one);
    case 'host':
    case 'view':
    case 'constant':
    case 'border':
    case 'piece':
    case 'move':
      return null;
    default:
      return one;
  }
};

/** @returns the tasks of an operation; `rows` null: of all rows */
export const operationCosts = (
  { chip, trust }: Hardware,
  survey: Survey,
): ((position: Position, rows: Rows | null) => readonly TaskCost[]) => {
  const known = new Map<string, readonly TaskCost[]>();
  const stages = new Map<Position, Stages>();
  const calculate = (position: Position, rows: Rows | null): readonly TaskCost[] => {
    const given = survey.operations[position];
    if (given === undefined || taskOf(given) === null) return nothing;
    let one: Operation = given;
    let rowsOf = (tensor: TensorId): Rows => [0, survey.planeOf(tensor)[0]];
    if (rows !== null) {
      const reads = rowsRead(survey, given, rows);
      if (reads === null) return nothing;
      rowsOf = (tensor) => reads.find((read) => read.tensor === tensor)?.rows ?? rows;
      // Without the views that a strip with more rows would need.
      const cut = cutToRows(survey, rowsOf, given, new Spare(survey.spare)).at(-1);
      if (cut === undefined) return nothing;
      one = cut;
    }
    const plain = taskOf(one);
    if (plain === null) return nothing;
    const own = stages.get(position) ?? stagesOf(plain, trust);
    stages.set(position, own);
    const cubes = new Map(
      [...operandsOf(plain), plain.output].map((tensor) => {
        const [, width, channels] = survey.planeOf(tensor);
        return [tensor, cubeOf(chip, [rowCount(rowsOf(tensor)), width, channels], false)] as const;
      }),
    );
    const tiled = tileOperation(chip, plain, own, cubes);
    return tiled === null ? nothing : taskCosts(chip, tiled, false);
  };
  return (position, rows) => {
    // Where a strip begins matters for its padding alone.
    const key = `${position}:${rows?.join() ?? ''}`;
    const found = known.get(key) ?? calculate(position, rows);
    known.set(key, found);
    return found;
  };
};
