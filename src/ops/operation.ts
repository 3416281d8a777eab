/** What TFLite nodes become: operations on whole tensors, with integer numbers in the NPU's codes. Plain data. */
import type { AddNumbers } from '../quantize/add_stages.js';
import type { ConvNumbers } from '../quantize/division.js';

/** Sizes in elements; padding on the top and left, the rest follows from the output's size. */
export interface ConvGeometry {
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly inputChannels: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly outputChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padTop: number;
  readonly padLeft: number;
}

interface OperationBase {
  /** TFLite nodes that this operation computes; the first one names it. */
  readonly nodes: readonly number[];
  /** Tensor index of the result. */
  readonly output: number;
}

/** A second operand that the elementwise unit adds to a convolution's result: a fused ADD. */
export interface Residual {
  readonly operand: number;
  readonly numbers: AddNumbers;
}

export interface ConvOperation extends OperationBase {
  readonly kind: 'conv';
  readonly depthwise: boolean;
  readonly input: number;
  readonly geometry: ConvGeometry;
  /** Signed codes in TFLite's order: OHWI, depthwise 1HWC. */
  readonly weights: Int8Array;
  /** Signed code that stands for 0; the hardware subtracts it from every weight. */
  readonly weightZeroPoint: number;
  readonly inputZeroPoint: number;
  readonly numbers: ConvNumbers;
  readonly residual: Residual | null;
}

export interface AddOperation extends OperationBase {
  readonly kind: 'add';
  readonly inputs: readonly [number, number];
  readonly numbers: AddNumbers;
}

/** Clamps codes between two limits: an activation that the producing task cannot express. */
export interface ClampOperation extends OperationBase {
  readonly kind: 'clamp';
  readonly input: number;
  readonly range: readonly [number, number];
}

export type Operation = ConvOperation | AddOperation | ClampOperation;

/** Tensors that an operation reads, constants apart. */
export const operandsOf = (operation: Operation): readonly number[] => {
  switch (operation.kind) {
    case 'conv':
      return operation.residual === null ? [operation.input] : [operation.input, operation.residual.operand];
    case 'add':
      return operation.inputs;
    case 'clamp':
      return [operation.input];
  }
};
