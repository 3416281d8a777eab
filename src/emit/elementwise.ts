/**
 * One elementwise task as command words: the DPU alone ("flying"), its main input through MRDMA, a second operand through
 * ERDMA, on a flat plane of atoms. Register values: seen to work on an RK3588 with fp16; int8 is inferred.
 */
import { atoms } from '../hardware/limits.js';
import type { Stages } from '../quantize/stages.js';
import type { ElementwiseTile } from '../tile/task.js';
import { type OutputPlane, writeDpu, writeDpuReader } from './dpu.js';
import { type Address, enables, pingPong, TaskWriter, type Word } from './words.js';

export interface ElementwisePlacement {
  readonly operands: readonly Address[];
  readonly output: Address;
}

const at = (address: Address, bytes: number): Address => ({ ...address, offset: address.offset + bytes });

export const emitElementwise = (
  stages: Stages,
  tile: ElementwiseTile,
  placement: ElementwisePlacement,
): readonly Word[] => {
  const writer = new TaskWriter();
  const [first = null, second = null] = placement.operands.map((address, i) => at(address, tile.operands[i] ?? 0));
  const plane: OutputPlane = {
    base: at(placement.output, tile.output),
    columns: tile.columns,
    rows: tile.rows,
    surfaceStride: (tile.columns + tile.notch) * tile.rows,
    notch: tile.notch,
    written: atoms.channels,
    channels: atoms.channels,
    depthwise: false,
    flying: true,
  };
  writer.write('DPU', 'S_POINTER', pingPong);
  writer.write('DPU_RDMA', 'RDMA_S_POINTER', pingPong);
  writeDpu(writer, plane, stages, 0);
  writeDpuReader(
    writer,
    plane,
    { bs: null, bn: null, bsUse: 0, bnUse: 0 },
    {
      source: first,
      operand: second,
      surfaceStride: tile.columns * tile.rows,
      notch: 0,
      combined: false,
    },
  );
  writer.finish(enables.elementwise);
  return writer.words;
};
