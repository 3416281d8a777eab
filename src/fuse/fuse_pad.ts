/** PAD + convolution -> a convolution with that padding, where the value is the one that its own padding has. */
import type { Chip } from '../hardware/chips.js';
import type { ConvGeometry, ConvOperation, Operation, PadOperation } from '../ir/operation.js';
import { wholesOf } from './wholes.js';

const spanned = (outputs: number, stride: number, kernel: number, dilation: number): number =>
  (outputs - 1) * stride + (kernel - 1) * dilation + 1;

const isPadded = (g: ConvGeometry): boolean =>
  g.padTop > 0 ||
  g.padLeft > 0 ||
  spanned(g.outputHeight, g.strideY, g.kernelHeight, g.dilationY) > g.inputHeight ||
  spanned(g.outputWidth, g.strideX, g.kernelWidth, g.dilationX) > g.inputWidth;

/** Whether the last windows start where the hardware still makes padding of its own. */
const reaches = ({ limits }: Chip, g: ConvGeometry): boolean =>
  Math.max(g.padTop, g.padLeft) <= limits.pad &&
  (g.outputHeight - 1) * g.strideY < g.padTop + g.inputHeight + limits.pad &&
  (g.outputWidth - 1) * g.strideX < g.padLeft + g.inputWidth + limits.pad;

const padded = (chip: Chip, conv: ConvOperation, pad: PadOperation): ConvOperation | null => {
  const own = isPadded(conv.geometry);
  // Padding of a transposed convolution counts in other places.
  if (conv.geometry.apart !== undefined || (own && conv.inputZeroPoint !== pad.value)) return null;
  const geometry: ConvGeometry = {
    ...conv.geometry,
    inputHeight: pad.shape[0],
    inputWidth: pad.shape[1],
    padTop: conv.geometry.padTop + pad.top,
    padLeft: conv.geometry.padLeft + pad.left,
  };
  if (!reaches(chip, geometry)) return null;
  const nodes = [...conv.nodes, ...pad.nodes];
  return { ...conv, nodes, input: pad.input, geometry, inputZeroPoint: pad.value };
};

export const fusePad = (chip: Chip, operations: readonly Operation[]): readonly Operation[] => {
  const wholeOf = wholesOf(operations);
  /** Operations that write a tensor: all of it, parts of it, or in its place. */
  const writersOf = (tensor: number): number =>
    operations.filter(({ kind, output }) => kind !== 'view' && wholeOf(output) === wholeOf(tensor)).length;
  return operations.map((operation) => {
    if (operation.kind !== 'conv') return operation;
    const pad = operations.find((earlier) => earlier.output === operation.input);
    if (pad?.kind !== 'pad' || writersOf(operation.input) > 1) return operation;
    return padded(chip, operation, pad) ?? operation;
  });
};
