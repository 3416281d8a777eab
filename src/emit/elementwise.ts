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
  readonly first: Address;
  readonly second: Address | null;
  readonly output: Address;
}

export const emitElementwise = (
  stages: Stages,
  tile: ElementwiseTile,
  placement: ElementwisePlacement,
): readonly Word[] => {
  const writer = new TaskWriter();
  const at = (address: Address): Address => ({ ...address, offset: address.offset + tile.atom * atoms.channels });
  const plane: OutputPlane = {
    base: at(placement.output),
    columns: tile.columns,
    rows: tile.rows,
    surfaceStride: tile.columns * tile.rows,
    notch: 0,
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
      source: at(placement.first),
      operand: placement.second === null ? null : at(placement.second),
      surfaceStride: tile.columns * tile.rows,
      notch: 0,
      combined: false,
    },
  );
  writer.finish(enables.elementwise);
  return writer.words;
};
