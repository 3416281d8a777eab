/** An operation, and what tiling makes of it, as lines for people. */
import {
  type Blocks,
  type ConvOperation,
  type HostKernel,
  type Operation,
  operandsOf,
  type PadOperation,
} from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import { type ConvTile, type ElementwiseTile, isHostStep, type Step } from '../tile/task.js';

const stageNames = ({ bs, bn, ew, table }: Stages): string =>
  [
    bs === null ? '' : 'BS',
    bn === null ? '' : 'BN',
    ew === null ? '' : `EW ${ew.algorithm}${ew.perChannel === true ? ' for each channel' : ''}`,
    table === undefined ? '' : 'table',
    'OUT_CVT',
  ]
    .filter((name) => name !== '')
    .join(', ');

const convText = ({ depthwise, geometry: g, residual, weights }: ConvOperation): string =>
  [
    `${depthwise ? 'depthwise ' : ''}${g.inputHeight}x${g.inputWidth}x${g.inputChannels} to ` +
      `${g.outputHeight}x${g.outputWidth}x${g.outputChannels}`,
    `kernel ${g.kernelHeight}x${g.kernelWidth}`,
    `stride ${g.strideY}x${g.strideX}`,
    ...(g.dilationY === 1 && g.dilationX === 1 ? [] : [`dilation ${g.dilationY}x${g.dilationX}`]),
    ...(g.apart === undefined ? [] : [`inputs ${g.apart.y}x${g.apart.x} apart`]),
    `padding ${g.padTop} above, ${g.padLeft} left`,
    `${weights.length} weights`,
    ...(residual === null ? [] : [`adds t${residual.operand}`]),
  ].join(', ');

const padText = ({ shape, size, top, left, value }: PadOperation): string =>
  `${shape.join('x')} in ${size.join('x')}, ${top} above, ${left} left, code ${value} around`;

const kernelText = (kernel: HostKernel): string =>
  kernel.kind === 'permute'
    ? `permute ${kernel.shape.join('x')} to order ${kernel.order.join()}`
    : `resize to ${kernel.rows.length}x${kernel.columns.length}, ${kernel.arithmetic}`;

const detail = (operation: Operation): string => {
  switch (operation.kind) {
    case 'conv':
      return convText(operation);
    case 'add':
    case 'copy':
    case 'unpool':
    case 'move':
      return '';
    case 'pad':
      return padText(operation);
    case 'clamp':
      return `to codes ${operation.range.join(' to ')}`;
    case 'scale':
    case 'pair':
      return stageNames(operation.stages);
    case 'view':
      return `${operation.shape.join('x')} from channel ${operation.channel}, atom ${operation.first}, lines of ${operation.line} atoms`;
    case 'border':
      return `${operation.side}, ${operation.layout}`;
    case 'blocks':
      return `${operation.shape.join('x')}, ${blocksText(operation.blocks)}`;
    case 'piece':
      return `${operation.shape.join('x')} at byte ${operation.place.start} of t${operation.place.whole}, pixels ${operation.place.step} bytes apart`;
    case 'constant':
      return `${operation.shape.join('x')}`;
    case 'host':
      return kernelText(operation.kernel);
  }
};

export const blocksText = ({ size, top, left }: Blocks): string =>
  `blocks of ${size}x${size} from row ${-top}, column ${-left}`;

const tensors = (list: readonly number[]): string => list.map((tensor) => `t${tensor}`).join(' ');

export const operationLine = (operation: Operation): string => {
  const more = detail(operation);
  const nodes = operation.nodes.map((node) => `#${node}`).join('+');
  return `${nodes} ${operation.kind} ${tensors(operandsOf(operation))} -> t${operation.output}${more === '' ? '' : `: ${more}`}`;
};

const span = (first: number, count: number): string => `${first}..${first + count - 1}`;

const convTileLine = (tile: ConvTile): string =>
  [
    `rows ${span(tile.inputRow, tile.inputRows)} to ${span(tile.outputRow, tile.outputRows)}`,
    `columns ${span(tile.inputColumn, tile.inputColumns)} to ${span(tile.outputColumn, tile.outputColumns)}`,
    `channels ${span(tile.channel, tile.channels)}`,
    `padding ${tile.padTop} above, ${tile.padLeft} left`,
    `banks ${tile.banks.data} for data, ${tile.banks.weights} for weights${tile.banks.weightReuse ? ' (kept)' : ''}`,
  ].join(', ');

const elementwiseTileLine = ({ rows, columns, channel, channels, operands, output }: ElementwiseTile): string =>
  `${rows}x${columns} atoms, channels ${span(channel, channels)}, from ${operands.map(({ start }) => start).join(' and ')} to ${output.start}`;

/** The operation, then a line for each of its tasks. */
export const stepLines = (step: Step): readonly string[] => {
  if (isHostStep(step)) return [operationLine(step.operation)];
  const tiles =
    step.operation.kind === 'conv'
      ? step.tiles.flatMap((tile) => ('inputRow' in tile ? [convTileLine(tile)] : []))
      : step.tiles.flatMap((tile) => ('inputRow' in tile ? [] : [elementwiseTileLine(tile)]));
  const { kind } = step.operation;
  // Of the others the operation says so itself.
  const units = kind === 'scale' || kind === 'pair' ? '' : `; ${stageNames(step.stages)}`;
  return [`${operationLine(step.operation)}${units}`, ...tiles.map((line) => `  ${line}`)];
};
