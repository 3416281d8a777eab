/** One task: a window of an operation that the hardware computes in one go. Plain data. */
import type { ConvOperation, ElementwiseOperation, HostOperation } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import type { Atoms, Bytes } from '../hardware/units.js';

/** CBUF banks: features, weights; `weightReuse`: the task before left the same weights in the same banks. */
export interface Banks {
  readonly data: number;
  readonly weights: number;
  readonly weightReuse: boolean;
}

/** Rows and columns of the input that are read, of the output that are written, and the padding that is left of it. */
export interface ConvTile {
  readonly inputRow: number;
  readonly inputRows: number;
  readonly inputColumn: number;
  readonly inputColumns: number;
  readonly outputRow: number;
  readonly outputRows: number;
  readonly outputColumn: number;
  readonly outputColumns: number;
  readonly padTop: number;
  readonly padLeft: number;
  /** Output channels; of a depthwise task input channels too. */
  readonly channel: number;
  readonly channels: number;
  readonly banks: Banks;
}

/** Where a tile starts in a tensor, and how far it is to its next surface, in bytes. */
export interface TilePlace {
  readonly start: Bytes;
  readonly surfaceBytes: Bytes;
}

/** Rows of atoms in some surfaces. Rows of operands are contiguous. */
export interface ElementwiseTile {
  /** In order. */
  readonly operands: readonly TilePlace[];
  readonly output: TilePlace;
  readonly columns: number;
  readonly rows: number;
  /** The first channel, a multiple of 16, and how many there are. */
  readonly channel: number;
  readonly channels: number;
  /** Between two rows of the output. */
  readonly notch: Atoms;
}

/** An operation with its numbers and its tiles; `tiles` run in order. */
export type TiledOperation =
  | {
      readonly operation: ConvOperation;
      readonly stages: Stages;
      readonly tiles: readonly ConvTile[];
    }
  | {
      readonly operation: ElementwiseOperation;
      readonly stages: Stages;
      readonly tiles: readonly ElementwiseTile[];
    };

/** Between two jobs, on the host. */
export interface HostStep {
  readonly operation: HostOperation;
}

export type Step = TiledOperation | HostStep;

export const isHostStep = (step: Step): step is HostStep => step.operation.kind === 'host';
