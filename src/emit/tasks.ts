/** All tasks of a partition as words; weights and operands go into the constants on the way. */
import type { Arena } from '../allocate/arena.js';
import type { ConstantBuffer } from '../allocate/constants.js';
import { taskCosts } from '../cost/task_cost.js';
import { planCycles } from '../cost/time.js';
import { atomChannels, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type Cube, packCube } from '../layout/cube.js';
import { operandBuffer } from '../layout/operands.js';
import { packWeights } from '../layout/weights.js';
import { operandsOf } from '../ir/operation.js';
import { ofTensor } from '../place/of_tensor.js';
import type { Stages } from '../requantize/stages.js';
import { type ConvTile, type ElementwiseTile, isHostStep, type Step, type TiledOperation } from '../tile/task.js';
import { tableLoads } from '../tile/table_loads.js';
import { findRegister, writeTargets } from '../hardware/registers.js';
import { emitConvolution } from './convolution.js';
import type { OperandAddresses } from './dpu.js';
import { emitElementwise, emitTableLoad, type ElementwisePlacement } from './elementwise.js';
import { emitUnpool } from './unpool.js';
import type { Address, Word } from './words.js';
import type { Position, TensorId } from '../hardware/units.js';

export interface EmittedTask {
  /** Position of the operation in the partition. */
  readonly operation: Position;
  readonly words: readonly Word[];
  readonly cycles: number;
}

/** Where a task writes: the first atom of it. */
export const destinationOf = ({ words }: EmittedTask): Address => {
  const { offset } = findRegister('DPU', 'DST_BASE_ADDR');
  const found = words.find((word) => word.target === writeTargets.DPU && word.offset === offset)?.address;
  if (found === undefined || found === null) throw new Error('a task that writes nothing');
  return found;
};

type TiledConvolution = Extract<TiledOperation, { operation: { kind: 'conv' } }>;
const isConvolution = (tiled: TiledOperation): tiled is TiledConvolution => tiled.operation.kind === 'conv';

const bytesOf = (array: Int8Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

interface ChannelConstants {
  readonly weights: Address;
  readonly operands: OperandAddresses;
}

/**
 * Operands that stand in memory, of some channels.
 * @param weightOffset added to every weight; null: no weights
 */
const channelOperands = (
  chip: Chip,
  { bs: first, bn: second }: Stages,
  weightOffset: number | null,
  { channel, channels }: { readonly channel: number; readonly channels: number },
  written: number,
  constants: ConstantBuffer,
): OperandAddresses => {
  const bs = operandBuffer(chip, first, weightOffset, channel, channels, written);
  const bn = operandBuffer(chip, second, null, channel, channels, written);
  const use = (buffer: typeof bs): number =>
    buffer === null ? 0 : (buffer.holds.add ? 1 : 0) + (buffer.holds.cpend ? 2 : 0) + (buffer.holds.multiply ? 4 : 0);
  const place = (buffer: typeof bs): Address | null =>
    buffer === null ? null : { bo: 'constants', offset: constants.place(buffer.bytes) };
  return { bs: place(bs), bn: place(bn), bsUse: use(bs), bnUse: use(bn) };
};

/** The constants that all tiles of one channel range share. */
const channelConstants = (
  chip: Chip,
  { operation, stages }: TiledConvolution,
  tile: ConvTile,
  constants: ConstantBuffer,
): ChannelConstants => {
  const written = writtenChannels(chip, tile.channels, operation.depthwise);
  const weights = constants.place(bytesOf(packWeights(chip, operation, tile.channel, tile.channels)));
  return {
    weights: { bo: 'constants', offset: weights },
    operands: channelOperands(chip, stages, -operation.weightZeroPoint, tile, written, constants),
  };
};

/** @param known the codes of tensors that stand among the constants, HWC */
export const emitTasks = (
  chip: Chip,
  steps: readonly Step[],
  cubes: ReadonlyMap<TensorId, Cube>,
  arena: Arena,
  known: ReadonlyMap<TensorId, Int8Array>,
  constants: ConstantBuffer,
): readonly EmittedTask[] => {
  const at = (tensor: TensorId): Address => {
    const bytes = packed.get(tensor);
    if (bytes !== undefined) return { bo: 'constants', offset: constants.place(bytes) };
    const { memory, offset } = ofTensor(arena.places, tensor, 'place in memory');
    return { bo: memory, offset };
  };
  const cubeAt = (tensor: TensorId): Cube => ofTensor(cubes, tensor, 'cube');
  const packed = new Map([...known].map(([tensor, codes]) => [tensor, packCube(cubeAt(tensor), codes)]));
  const loads = tableLoads(steps);
  return steps.flatMap((one, position): readonly EmittedTask[] => {
    if (isHostStep(one)) return [];
    const { stages } = one;
    const load = loads[position] ?? null;
    const costs = taskCosts(chip, one, load !== null);
    const told = (words: readonly Word[], task: number): EmittedTask => {
      const cost = costs[task];
      if (cost === undefined) throw new Error('a task without its cost');
      return { operation: position, words, cycles: planCycles(chip, cost) };
    };
    if (isConvolution(one)) {
      const { operation } = one;
      const shared = new Map<number, ChannelConstants>();
      return one.tiles.map((tile, i) => {
        const own = shared.get(tile.channel) ?? channelConstants(chip, one, tile, constants);
        shared.set(tile.channel, own);
        const words = emitConvolution(chip, operation, stages, tile, {
          input: at(operation.input),
          inputCube: cubeAt(operation.input),
          output: at(operation.output),
          outputCube: cubeAt(operation.output),
          residual: operation.residual === null ? null : at(operation.residual.operand),
          ...own,
        });
        return told(words, i);
      });
    }
    const { operation, tiles } = one;
    const memory = { operands: operandsOf(operation).map(at), output: at(operation.output) };
    const placementOf = (tile: ElementwiseTile): ElementwisePlacement => ({
      ...memory,
      channels: channelOperands(chip, stages, null, tile, atomChannels(chip, tile.channels), constants),
    });
    const own = tiles.map((tile) =>
      operation.kind === 'unpool'
        ? emitUnpool(chip, tile, memory)
        : emitElementwise(chip, stages, tile, placementOf(tile)),
    );
    const [first] = tiles;
    const all =
      load === null || first === undefined ? own : [emitTableLoad(chip, load, first, placementOf(first)), ...own];
    return all.map(told);
  });
};
