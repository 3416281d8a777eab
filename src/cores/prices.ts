/** What runs of operations cost, on one core or as a share of several: microseconds of the same estimate that plans have. */
import { exchangeMicroseconds, type Load, stageMicroseconds, startsOf } from '../cost/several.js';
import { atomChannels } from '../hardware/capability.js';
import { at } from '../in_range.js';
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
  /** Operations from one position to another on one core, with what stands before them. */
  readonly alone: (from: Position, to: Position) => number;
  /** The same on several, by what each of them computes and needs; and when each core ends. */
  readonly shared: (
    from: Position,
    to: Position,
    loads: readonly Load[],
    walks: readonly StripWalk[],
  ) => { readonly cost: number; readonly ends: readonly number[] };
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
  const onHost = (position: Position): number => {
    const operation = survey.operations[position];
    if (operation?.kind !== 'host') return 0;
    const [height, width, channels] = survey.planeOf(operation.output);
    return (height * width * channels) / chip.host.values + chip.dispatch.jobMicroseconds;
  };
  const until = [0];
  for (const position of survey.operations.keys())
    until.push(at(until, until.length - 1) + stageMicroseconds(one, [load(position, null, 1)]) + onHost(position));
  const given = new Set(survey.ends.inputs.map(survey.rootOf));
  const crossings = new Map<Position, readonly Crossing[]>();
  const crossingAt = (from: Position): readonly Crossing[] => {
    const found = crossings.get(from) ?? crossingsAt(survey, from);
    crossings.set(from, found);
    return found;
  };
  const bytesOf = (root: TensorId, rows: number, channels: number): Bytes =>
    rows * survey.planeOf(root)[1] * atomChannels(chip, channels);
  const ofBox = (root: TensorId, box: Box | undefined): Bytes =>
    box === undefined ? 0 : bytesOf(root, lengthOf(box.rows), lengthOf(box.channels));
  /** Of what a stage takes: what TFLite gives, or what others have made. */
  const taken = (from: Position, to: Position, isGiven: boolean, boxOf: (root: TensorId) => Box | undefined): Bytes => {
    let bytes = 0;
    for (const { root, reader } of crossingAt(from)) {
      if (reader >= to) break;
      if (given.has(root) === isGiven) bytes += ofBox(root, boxOf(root));
    }
    return bytes;
  };
  // It is synced in the memory that it comes from, and in the one that it goes to, twice each.
  const exchange = (bytes: Bytes): number => exchangeMicroseconds(one, bytes) + (4 * bytes) / chip.host.syncBytes;
  return {
    load,
    alone: (from, to) => {
      const work = at(until, to) - at(until, from);
      const whole = (root: TensorId): Box => wholeBox(survey.planeOf(root));
      if (from > 0) return work + exchange(taken(from, to, false, whole));
      return at(startsOf(one, [taken(from, to, true, whole)]), 0) + work;
    },
    shared: (from, to, own, walks) => {
      const machine = machineFor(walks.length);
      const bytesFor = (isGiven: boolean): readonly Bytes[] =>
        walks.map((walk) => taken(from, to, isGiven, (root) => walk.needed.get(root)));
      const starts = from === 0 ? startsOf(machine, bytesFor(true)) : walks.map(() => 0);
      const before = from === 0 ? 0 : exchange(sum(bytesFor(false)));
      return {
        cost: before + stageMicroseconds(machine, own, starts),
        ends: own.map((load, i) => at(starts, i) + stageMicroseconds(machine, [load])),
      };
    },
  };
};
