/**
 * What an inference costs on several cores: stages, in each of which programs run at the same time, and between two of them an
 * exchange. One CPU serves the interrupts of all cores, as Linux boots, so the dispatch of their tasks is one after the other.
 */
import { at } from '../in_range.js';
import type { Cube } from '../layout/cube.js';
import type { Bytes } from '../hardware/units.js';
import { dispatchMicroseconds, type Machine } from '../hardware/machine.js';
import { cubeBytes, jobMicroseconds, layoutMicroseconds, type PartEstimate } from './estimate.js';

export interface Load {
  /** Microseconds of the tasks without their dispatch. */
  readonly work: number;
  readonly tasks: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * Loads of cores that work at the same time.
 * @param given when each core has its job; absent: all at once
 */
export const stageMicroseconds = (machine: Machine, loads: readonly Load[], given?: readonly number[]): number => {
  const starts = given ?? loads.map(() => 0);
  const dispatch = dispatchMicroseconds(machine);
  const ends = loads.map(({ work, tasks }, i) => at(starts, i) + work + tasks * dispatch);
  const served = (sum(loads.map(({ tasks }) => tasks)) * dispatch) / machine.interruptCpus;
  return Math.max(...ends, Math.min(...starts) + served);
};

/**
 * When each core of the first stage has its job: the CPU makes the cubes of its inputs and submits, then those of the next core,
 * while the first one works.
 */
export const startsOf = (machine: Machine, inputBytes: readonly Bytes[]): readonly number[] => {
  let at = 0;
  return inputBytes.map((bytes) => (at += layoutMicroseconds(machine, bytes) + jobMicroseconds(machine, 1)));
};

/** Submits, waits and wake-ups between two stages are counted by the chip's own number; what is copied is read and written. */
export const exchangeMicroseconds = ({ exchangeMicroseconds: wait, chip: { host } }: Machine, bytes: Bytes): number =>
  wait + bytes / host.copyBytes;

/** Of a program: what it costs by itself, and the memory that the CPU touches. */
export interface ProgramCost {
  readonly stage: number;
  readonly core: number;
  readonly estimate: PartEstimate;
  /** Of the tensors that TFLite gives, and of those that it takes. */
  readonly inputs: readonly Cube[];
  readonly outputs: readonly Cube[];
}

export interface StageEstimate {
  /** Of each core: microseconds and tasks. The first stage has the conversion of its inputs in its total, and the submits. */
  readonly cores: readonly { readonly microseconds: number; readonly tasks: number }[];
  /** What is copied before it. */
  readonly copied: Bytes;
  readonly exchange: number;
  readonly total: number;
}

export interface SeveralEstimate {
  readonly stages: readonly StageEstimate[];
  readonly jobs: number;
  readonly sync: number;
  readonly layout: number;
  /** Microseconds. */
  readonly total: number;
  /** Of the same on one core. */
  readonly alone: number;
}

/** @param copied bytes that are copied before each stage */
export const severalEstimate = (
  machine: Machine,
  programs: readonly ProgramCost[],
  copied: readonly Bytes[],
  alone: number,
): SeveralEstimate => {
  const dispatch = dispatchMicroseconds(machine);
  const stages = copied.map((bytes, stage): StageEstimate => {
    const busy = programs.filter((program) => program.stage === stage);
    const own = busy.map(({ estimate }) => estimate);
    const inputBytes = busy.map(({ inputs }) => sum(inputs.map(cubeBytes)));
    const starts = stage === 0 ? startsOf(machine, inputBytes) : undefined;
    const loads = own.map(({ npu }): Load => ({ work: npu.work, tasks: npu.tasks }));
    const host = sum(own.map((estimate) => estimate.host));
    const exchange = stage === 0 ? 0 : exchangeMicroseconds(machine, bytes);
    return {
      cores: loads.map(({ work, tasks }) => ({ microseconds: work + tasks * dispatch, tasks })),
      copied: bytes,
      exchange,
      total: exchange + stageMicroseconds(machine, loads, starts) + host,
    };
  });
  // The first job of each program is a part of the first stage, or of an exchange.
  const jobs = sum(programs.map(({ estimate }) => estimate.jobs - jobMicroseconds(machine, 1)));
  const sync = sum(programs.map(({ estimate }) => estimate.sync));
  const left = programs.flatMap(({ stage, inputs, outputs }) => [...(stage === 0 ? [] : inputs), ...outputs]);
  const layout = layoutMicroseconds(machine, sum(left.map(cubeBytes)));
  return { stages, jobs, sync, layout, total: sum(stages.map(({ total }) => total)) + jobs + sync + layout, alone };
};
