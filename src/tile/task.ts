/** One task: a window of an operation that the hardware computes in one go. Plain data. */
import type { Operation } from '../ops/operation.js';
import type { Stages } from '../quantize/stages.js';

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

/** Atoms of 16 channels, as rows of a flat plane. */
export interface ElementwiseTile {
  readonly atom: number;
  readonly columns: number;
  readonly rows: number;
}

/** An operation with its numbers and its tiles; `tiles` run in order. */
export type TiledOperation =
  | {
      readonly operation: Extract<Operation, { kind: 'conv' }>;
      readonly stages: Stages;
      readonly tiles: readonly ConvTile[];
    }
  | {
      readonly operation: Extract<Operation, { kind: 'add' | 'clamp' }>;
      readonly stages: Stages;
      readonly tiles: readonly ElementwiseTile[];
    };
