/** PAD + convolution -> a convolution with that padding, where the value is the one that its own padding has. */
import type { Chip } from '../hardware/chips.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { copyStages } from '../requantize/copy_stages.js';
import { wholesOf } from './wholes.js';

/** A copy of every pixel with padding around it, and nothing else. */
const isPad = (operation: Operation | undefined): operation is ConvOperation =>
  operation?.kind === 'conv' && operation.stages === copyStages && operation.depthwise && copiesAll(operation.geometry);

const copiesAll = (g: ConvGeometry): boolean =>
  g.kernelHeight * g.kernelWidth * g.strideY * g.strideX === 1 &&
  g.outputHeight >= g.inputHeight + g.padTop &&
  g.outputWidth >= g.inputWidth + g.padLeft;

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

const padded = (chip: Chip, conv: ConvOperation, pad: ConvOperation): ConvOperation | null => {
  const own = isPadded(conv.geometry);
  // Padding of a transposed convolution counts in other places.
  if (conv.geometry.apart !== undefined || (own && conv.inputZeroPoint !== pad.inputZeroPoint)) return null;
  const geometry: ConvGeometry = {
    ...conv.geometry,
    inputHeight: pad.geometry.inputHeight,
    inputWidth: pad.geometry.inputWidth,
    padTop: conv.geometry.padTop + pad.geometry.padTop,
    padLeft: conv.geometry.padLeft + pad.geometry.padLeft,
  };
  if (!reaches(chip, geometry)) return null;
  const nodes = [...conv.nodes, ...pad.nodes];
  return { ...conv, nodes, input: pad.input, geometry, inputZeroPoint: pad.inputZeroPoint };
};

export const fusePad = (chip: Chip, operations: readonly Operation[]): readonly Operation[] => {
  const wholeOf = wholesOf(operations);
  /** The one operation that writes a tensor; none where others write parts of it, or change it in place. */
  const writerOf = (tensor: number): Operation | undefined => {
    const writers = operations.filter(({ kind, output }) => kind !== 'view' && wholeOf(output) === wholeOf(tensor));
    return writers.length === 1 && writers[0]?.output === tensor ? writers[0] : undefined;
  };
  return operations.map((operation) => {
    if (operation.kind !== 'conv') return operation;
    const pad = operations.find((earlier) => earlier.output === operation.input);
    if (!isPad(pad) || pad === operation || writerOf(operation.input) !== pad) return operation;
    return padded(chip, operation, pad) ?? operation;
  });
};
