/** What operations cost by themselves, all of them or some rows: for the search of stages, which asks for each many times. */
import { cubeOf } from '../layout/cube.js';
import { padConvolution } from '../ir/build/copy.js';
import { FreshIds } from '../ir/build/arrange.js';
import { type Operation, operandsOf, type TaskOperation } from '../ir/operation.js';
import { stagesOf } from '../ir/operation_stages.js';
import type { Hardware } from '../hardware/machine.js';
import type { TaskCost } from '../hardware/speed.js';
import type { Stages } from '../requantize/stages.js';
import { taskCosts } from '../cost/task_cost.js';
import { tileOperation } from '../tile/tile.js';
import type { Position, TensorId } from '../hardware/units.js';
import { type Box, lengthOf, wholeBox } from './box.js';
import { BoxMemo } from './box_memo.js';
import { channelStages } from './channels.js';
import { boxesRead, cutOperation } from './cut.js';
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
    case 'blocks':
    case 'piece':
    case 'move':
      return null;
    case 'conv':
    case 'add':
    case 'pair':
    case 'scale':
    case 'clamp':
    case 'copy':
    case 'unpool':
      return one;
  }
};

/** @returns the tasks of an operation; `box` null: all of its result */
export const operationCosts = (
  { chip, trust }: Hardware,
  survey: Survey,
): ((position: Position, box: Box | null) => readonly TaskCost[]) => {
  const known = new BoxMemo<readonly TaskCost[]>();
  const whole = new Map<Position, Stages>();
  const stagesAt = (position: Position, one: TaskOperation): Stages => {
    const stages = whole.get(position) ?? stagesOf(one, trust);
    whole.set(position, stages);
    return stages;
  };
  const calculate = (position: Position, box: Box | null): readonly TaskCost[] => {
    const given = survey.operations[position];
    const task = given === undefined ? null : taskOf(given);
    if (given === undefined || task === null) return nothing;
    const stages = stagesAt(position, task);
    const reads = box === null ? null : boxesRead(survey, given, box);
    if (box !== null && reads === null) return nothing;
    const boxOf = (tensor: TensorId): Box =>
      reads?.find((read) => read.tensor === tensor)?.box ?? box ?? wholeBox(survey.planeOf(tensor));
    // Without the views that a program with more would need.
    const cutting = { survey, boxOf, stagesOf: () => stages, fresh: new FreshIds(survey.firstFresh) };
    const cut = box === null ? given : cutOperation(cutting, given).at(-1);
    const one = cut === undefined ? null : taskOf(cut);
    if (one === null) return nothing;
    const cubes = new Map(
      [...operandsOf(one), one.output].map((tensor) => {
        const { rows, channels } = boxOf(tensor);
        return [tensor, cubeOf(chip, [lengthOf(rows), survey.planeOf(tensor)[1], lengthOf(channels)], false)] as const;
      }),
    );
    const channels = box?.channels;
    const own = channels === undefined ? stages : channelStages(stages, channels);
    const tiled = tileOperation(chip, one, own, cubes);
    return tiled === null ? nothing : taskCosts(chip, tiled, false);
  };
  return (position, box) => known.get(position, box, () => calculate(position, box));
};
