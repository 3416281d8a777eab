/**
 * A nearest-neighbour resize by 2 of 16 channels as one task: the DPU's reader repeats each atom along both axes. The words
 * that are published of the vendor's program are its words; what it has in the fields of channels is not among them.
 */
import type { Chip } from '../hardware/chips.js';
import { unpoolStages } from '../requantize/copy_stages.js';
import type { ElementwiseTile } from '../tile/task.js';
import { noOperands, writeDpu, writeDpuReader } from './dpu.js';
import type { ElementwisePlacement } from './elementwise.js';
import { enables, pingPong, TaskWriter, type Word } from './words.js';

export const emitUnpool = (
  { atoms }: Chip,
  tile: ElementwiseTile,
  { operands, output }: Pick<ElementwisePlacement, 'operands' | 'output'>,
): readonly Word[] => {
  const writer = new TaskWriter();
  const [address, place] = [operands[0], tile.operands[0]];
  if (address === undefined || place === undefined) throw new Error('an unpooling without an input');
  const plane = {
    base: { ...output, offset: output.offset + tile.output.start },
    columns: 2 * tile.columns,
    rows: tile.rows,
    surfaceStride: tile.output.surfaceBytes / atoms.channels,
    notch: tile.notch,
    // Two surfaces of pairs of bytes.
    written: atoms.channels,
    channels: atoms.channels,
    depthwise: false,
    flying: true,
    unpools: true,
  } as const;
  writer.write('DPU', 'S_POINTER', pingPong);
  writer.write('DPU_RDMA', 'RDMA_S_POINTER', pingPong);
  writeDpu(writer, plane, unpoolStages, 0);
  const source = { base: { ...address, offset: address.offset + place.start }, surfaceStride: 0, notch: 0 };
  writeDpuReader(writer, plane, noOperands, { source, operand: null, combined: false });
  writer.finish(enables.elementwise);
  return writer.words;
};
