/**
 * What an inference costs on several cores: stages, in each of which programs run at the same time, and between two of them an
 * exchange. One CPU serves the interrupts of all cores, as Linux boots, so the dispatch of their tasks is one after the other.
 */
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

/** Loads of cores that work at the same time. */
export const stageMicroseconds = (machine: Machine, loads: readonly Load[]): number => {
  const dispatch = dispatchMicroseconds(machine);
  const longest = Math.max(...loads.map(({ work, tasks }) => work + tasks * dispatch));
  return Math.max(longest, (sum(loads.map(({ tasks }) => tasks)) * dispatch) / machine.interruptCpus);
};

/** Submits, waits and wake-ups between two stages are counted by the chip's own number; what is copied is read and written. */
export const exchangeMicroseconds = ({ exchangeMicroseconds: wait, chip: { host } }: Machine, bytes: Bytes): number =>
  wait + bytes / host.copyBytes;

/** Of a program: what it costs by itself, and the memory that the CPU touches. */
export interface ProgramCost {
  readonly stage: number;
  readonly core: number;
  readonly estimate: PartEstimate;
  /** Of the tensors that TFLite gives and takes. */
  readonly borders: readonly Cube[];
}

export interface StageEstimate {
  /** Of each core: microseconds and tasks. */
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
    const own = programs.filter((program) => program.stage === stage).map(({ estimate }) => estimate);
    const loads = own.map(({ npu }): Load => ({ work: npu.work, tasks: npu.tasks }));
    const host = sum(own.map((estimate) => estimate.host));
    const exchange = stage === 0 ? 0 : exchangeMicroseconds(machine, bytes);
    return {
      cores: loads.map(({ work, tasks }) => ({ microseconds: work + tasks * dispatch, tasks })),
      copied: bytes,
      exchange,
      total: exchange + stageMicroseconds(machine, loads) + host,
    };
  });
  // The first job of each program of later stages is a part of the exchange.
  const jobs = sum(
    programs.map(({ stage, estimate }) => estimate.jobs - (stage === 0 ? 0 : jobMicroseconds(machine, 1))),
  );
  const sync = sum(programs.map(({ estimate }) => estimate.sync));
  const layout = layoutMicroseconds(machine, sum(programs.flatMap(({ borders }) => borders.map(cubeBytes))));
  return { stages, jobs, sync, layout, total: sum(stages.map(({ total }) => total)) + jobs + sync + layout, alone };
};
