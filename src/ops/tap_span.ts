/** What the taps of one output value span: with a dilation that may be more than the convolution buffer holds. */
import { atoms, cbuf } from '../hardware/limits.js';
import { taskGroup } from './kernel_groups.js';
import type { ConvGeometry } from '../ir/operation.js';

/** Banks for weights that stream through (Mesa's split is 7 + 5), and one that the feature DMA may read ahead. */
const streamingBanks = 5;
const spareBanks = 1;

/** Bytes that features have beside a group of kernels. */
const featureBytes = (g: ConvGeometry, depthwise: boolean): number => {
  const group = depthwise ? g.kernelHeight * g.kernelWidth * atoms.depthwiseChannels : taskGroup(g);
  const weights = Math.max(streamingBanks, Math.ceil(group / cbuf.bankBytes));
  return (cbuf.banks - weights - spareBanks) * cbuf.bankBytes;
};

/** Rows and columns of the plane between the first tap and the last, with all channels that a task must take. */
const spanBytes = (g: ConvGeometry, depthwise: boolean): number => {
  const rows = Math.min(g.inputHeight, (g.kernelHeight - 1) * g.dilationY + 1);
  const columns = Math.min(g.inputWidth, (g.kernelWidth - 1) * g.dilationX + 1);
  const channels = depthwise ? Math.min(g.inputChannels, atoms.depthwiseChannels) : g.inputChannels;
  return rows * columns * Math.ceil(channels / cbuf.entryBytes) * cbuf.entryBytes;
};

export const tapSpanWrong = (g: ConvGeometry, depthwise: boolean): string | null => {
  const [span, room] = [spanBytes(g, depthwise), featureBytes(g, depthwise)];
  return span <= room ? null : `taps that span ${span} bytes of the input, beside weights that leave ${room}`;
};
