/**
 * The plan: one flat, versioned, checksummed little-endian file that `delegate/plan/plan.c` checks and reads in place. Its bytes
 * are those of `wire/plan_records.ts`.
 */
import type { Numerics } from '../graph/numerics.js';
import type { Blocks } from '../ir/operation.js';
import type { boKinds, directions, hostKernels, hostLayouts, planRelocation, planTask } from '../wire/plan_records.js';
import { sha256 } from '../wire/digest.js';
import type { ValueOf } from '../wire/record.js';

/** Where a compiled plan has them. */
export const boPositions = { constants: 0, arena: 1, regcmd: 2, io: 3 } as const;

export interface PlanTensor {
  readonly tensor: number;
  readonly direction: keyof typeof directions.of;
  readonly type: 'int8' | 'uint8';
  /** NHWC. */
  readonly shape: readonly [number, number, number, number];
  readonly scale: number;
  readonly zeroPoint: number;
  /** What TFLite's bytes are. */
  readonly layout: keyof typeof hostLayouts.of;
  readonly bo: number;
  readonly offset: number;
  readonly lineBytes: number;
  readonly surfaceBytes: number;
  readonly surfaces: number;
  /** Code of padding lanes, as the hardware sees it. */
  readonly padCode: number;
  /** Of a piece: the byte of TFLite's tensor at which its first pixel stands; else 0. */
  readonly start: number;
  /** Bytes from a pixel to the next in TFLite's tensor. */
  readonly step: number;
  /** Of a tensor in blocks. */
  readonly blocks: Blocks | null;
}

export interface PlanBo {
  readonly kind: keyof typeof boKinds.of;
  /** Whose address space it is in. */
  readonly core: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export type PlanRelocation = ValueOf<typeof planRelocation>;

export type PlanTask = ValueOf<typeof planTask>;

export interface PlanJob {
  readonly firstTask: number;
  readonly taskCount: number;
  readonly core: number;
  /** Position of the job that must end before, or null. */
  readonly depends: number | null;
  readonly inBos: readonly number[];
  readonly outBos: readonly number[];
  /**
   * An atom that the job's last task writes, and that no other task of the job touches: it shows that the job ran. null: none,
   * in plans for tools; the kernel driver's device does not take them.
   */
  readonly proof: { readonly bo: number; readonly offset: number } | null;
}

/** A kernel of the host: it runs before a job, or behind the last one where `beforeJob` is their count. */
export interface PlanHost {
  readonly op: number;
  readonly beforeJob: number;
  readonly kernel: keyof typeof hostKernels.of;
  /** Positions among the plan's tensors. */
  readonly input: number;
  readonly output: number;
  /** Its table (`layout/host_table.ts`). */
  readonly tableBo: number;
  readonly tableOffset: number;
  readonly tableBytes: number;
}

export interface PlanOp {
  readonly node: number;
  readonly fusedNode: number | null;
  readonly name: string;
  readonly macs: number;
  readonly firstTask: number;
  readonly taskCount: number;
  readonly facts: readonly string[];
  /** Expected share of values that differ from TFLite's. */
  readonly mismatch: number;
}

export interface Plan {
  readonly chip: number;
  readonly cores: number;
  readonly engineVersion: string;
  /** The release of TFLite whose values it gives. */
  readonly numerics: Numerics;
  readonly tensors: readonly PlanTensor[];
  readonly bos: readonly PlanBo[];
  readonly relocations: readonly PlanRelocation[];
  readonly tasks: readonly PlanTask[];
  readonly jobs: readonly PlanJob[];
  readonly ops: readonly PlanOp[];
  readonly hosts: readonly PlanHost[];
}

/** The first 8 bytes of SHA-256, little-endian: `plan_hash` in delegate/plan/plan.c. */
export const planHash = (bytes: Uint8Array): bigint => {
  const { buffer, byteOffset } = sha256(bytes);
  return new DataView(buffer, byteOffset).getBigUint64(0, true);
};
