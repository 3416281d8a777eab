/** What runs of operations cost, on one core or as a share of several: microseconds of the same estimate that plans have. */
import { at } from '../in_range.js';
import { exchangeMicroseconds, type Load, stageMicroseconds } from '../cost/several.js';
import { atomChannels } from '../hardware/capability.js';
import { type Hardware, type Machine, machineOf } from '../hardware/machine.js';
import { workMicroseconds } from '../hardware/speed.js';
import type { Bytes, Position, TensorId } from '../hardware/units.js';
import { type Box, lengthOf, wholeBox } from './box.js';
import { BoxMemo } from './box_memo.js';
import { operationCosts } from './costs.js';
import type { StripWalk } from './strip.js';
import { type Crossing, crossingsAt, type Survey } from './survey.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export interface Prices {
  /** Of an operation, or a box of its result, where so many cores are busy. */
  readonly load: (position: Position, box: Box | null, busy: number) => Load;
  /** All cores at once. */
  readonly stage: (loads: readonly Load[], busy: number) => number;
  /** Operations from one position to another, on one core. */
  readonly alone: (from: Position, to: Position) => number;
  /** What stands before a stage that begins there: `walks` of its cores; null: one core. */
  readonly before: (from: Position, to: Position, walks: readonly StripWalk[] | null) => number;
}

export const nothing: Load = { work: 0, tasks: 0 };
export const plus = (a: Load, b: Load): Load => ({ work: a.work + b.work, tasks: a.tasks + b.tasks });

export const pricesOf = (hardware: Hardware, survey: Survey): Prices => {
  const { chip } = hardware;
  const machines = new Map<number, Machine>();
  const machineFor = (busy: number): Machine => {
    const machine = machines.get(busy) ?? machineOf(chip, { ...hardware.machine, cores: busy });
    machines.set(busy, machine);
    return machine;
  };
  const one = machineFor(1);
  const costs = operationCosts(hardware, survey);
  const loads = new Map<number, BoxMemo<Load>>();
  const load = (position: Position, box: Box | null, busy: number): Load => {
    const known = loads.get(busy) ?? new BoxMemo<Load>();
    loads.set(busy, known);
    return known.get(position, box, () => {
      const tasks = costs(position, box);
      return { work: sum(tasks.map((cost) => workMicroseconds(machineFor(busy), cost))), tasks: tasks.length };
    });
  };
  const stage = (loads: readonly Load[], busy: number): number => stageMicroseconds(machineFor(busy), loads);
  const onHost = (position: Position): number => {
    const operation = survey.operations[position];
    if (operation?.kind !== 'host') return 0;
    const [height, width, channels] = survey.planeOf(operation.output);
    return (height * width * channels) / chip.host.values + chip.dispatch.jobMicroseconds;
  };
  const until = [0];
  for (const position of survey.operations.keys())
    until.push(at(until, position) + stage([load(position, null, 1)], 1) + onHost(position));
  const given = new Set(survey.ends.inputs.map(survey.rootOf));
  const crossings = new Map<Position, readonly Crossing[]>();
  const crossingAt = (from: Position): readonly Crossing[] => {
    const found = crossings.get(from) ?? crossingsAt(survey, from).filter(({ root }) => !given.has(root));
    crossings.set(from, found);
    return found;
  };
  const bytesOf = (root: TensorId, rows: number, channels: number): Bytes =>
    rows * survey.planeOf(root)[1] * atomChannels(chip, channels);
  const ofBox = (root: TensorId, box: Box | undefined): Bytes =>
    box === undefined ? 0 : bytesOf(root, lengthOf(box.rows), lengthOf(box.channels));
  return {
    load,
    stage,
    alone: (from, to) => at(until, to) - at(until, from),
    before: (from, to, walks) => {
      if (from === 0) return walks === null ? 0 : chip.dispatch.jobMicroseconds * (walks.length - 1);
      let bytes = 0;
      for (const { root, reader } of crossingAt(from)) {
        if (reader >= to) break;
        if (walks === null) bytes += ofBox(root, wholeBox(survey.planeOf(root)));
        else for (const walk of walks) bytes += ofBox(root, walk.needed.get(root));
      }
      // It is synced in the memory that it comes from, and in the one that it goes to, twice each.
      return exchangeMicroseconds(one, bytes) + (4 * bytes) / chip.host.syncBytes;
    },
  };
};
