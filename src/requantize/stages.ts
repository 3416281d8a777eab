/**
 * The settings of the DPU's stages for one task, as numbers and not yet as registers:
 * accumulator -> BS (add, multiply >> shift, ReLU) -> BN (multiply, add, >> shift, ReLU) -> EW (second operand) -> OUT_CVT.
 * All codes are the NPU's: signed bytes, uint8 tensors less 128.
 */

/** One scalar for all channels, or one value for each output channel. */
export type Operand = number | Int32Array;

/**
 * BS: ((x + add) * multiply) >> shift. BN: (x * multiply + add) >> shift, so that `add` counts in units of the product.
 * Rounded; then limited to [0, limit] if a limit is given. Without a multiplier there is no shift.
 */
export interface ScaleStage {
  readonly add: Operand | null;
  readonly multiply: Operand | null;
  readonly shift: number;
  /** Of products below zero; absent: as those above. */
  readonly shiftBelow?: number;
  /** Only values below zero are multiplied. */
  readonly prelu?: boolean;
  /** null: no ReLU; Infinity: ReLU without an upper limit. */
  readonly limit: number | null;
}

/**
 * x + ((operand + offset) * scale >> shift), or another algorithm; then [0, limit] as in ScaleStage. `multiply` shifts its
 * product right by `productShift`, half away from zero; the others have none. A negative scale takes the operand off.
 */
export type ElementwiseStage = ElementwiseOperand &
  ({ readonly algorithm: 'add' | 'max' | 'min' } | { readonly algorithm: 'multiply'; readonly productShift: number });

interface ElementwiseOperand {
  /** The operand is one value for each channel instead of a plane. */
  readonly perChannel?: boolean;
  readonly offset: number;
  readonly scale: number;
  readonly shift: number;
  readonly limit: number | null;
}

/** saturate8(round(x * scale >> shift) + offset); ties to even, or upwards. */
export interface OutputStage {
  readonly scale: number;
  readonly shift: number;
  readonly offset: number;
  readonly ties: 'even' | 'up';
}

export interface Stages {
  readonly bs: ScaleStage | null;
  readonly bn: ScaleStage | null;
  readonly ew: ElementwiseStage | null;
  /** In the place of EW's operand: the LUT, one value for each code from -128 on; BS brings code q to q * `tableStep`. */
  readonly table?: readonly number[];
  readonly out: OutputStage;
  /** Expected share of values that differ from TFLite's, by calculation, 0..1. */
  readonly mismatch: number;
  /** Names of the inferred hardware facts (hardware/facts.ts) that the result rests on. */
  readonly facts: readonly string[];
}
