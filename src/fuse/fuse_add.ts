/**
 * Convolution + ADD -> one convolution task with a second operand, where every value that TFLite would store between
 * them is kept (requantize/fused_add_stages.ts counts the exceptions) and the operand is ready before the convolution runs.
 */
import { addTo } from '../tally.js';
import { fewerKernels, takesWholeRows } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { Part } from '../graph/graph.js';
import { type AddOperation, type ConvOperation, type Operation, operandsOf } from '../ir/operation.js';
import { fusedAddStages } from '../requantize/fused_add_stages.js';
import { wholesOf } from './wholes.js';
import { swappedNumbers } from '../requantize/add_stages.js';

/** Smallest plane, in atoms, whose operand strides Mesa's driver was seen to use unchanged. */
const smallestPlane = 12;

/** The operand's reader walks whole rows of all channels. A depthwise task would read channels that the operand may lack. */
const suitsReader = (chip: Chip, { geometry: g, depthwise }: ConvOperation): boolean =>
  !depthwise &&
  g.apart === undefined &&
  takesWholeRows(chip, g, depthwise) &&
  g.outputChannels <= chip.limits.outputChannels &&
  fewerKernels(chip, g) === null &&
  g.outputHeight * g.outputWidth >= smallestPlane;

/** The convolution that becomes conv + ADD, or null. `side` is the position of its result among the ADD's inputs. */
const fusedWith = (
  chip: Chip,
  operations: readonly Operation[],
  uses: ReadonlyMap<number, number>,
  sum: AddOperation,
  side: 0 | 1,
  part: Part,
  most: number,
  rootOf: (tensor: number) => number,
): ConvOperation | null => {
  const [first, second] = sum.inputs;
  const [inner, operand] = side === 0 ? [first, second] : [second, first];
  const position = operations.findLastIndex((operation) => operation.output === inner);
  const producer = operations[position];
  if (producer?.kind !== 'conv' || producer.residual !== null || producer.stages !== null || inner === operand)
    return null;
  const operandReady = operations.findLastIndex(({ output }) => rootOf(output) === rootOf(operand)) < position;
  if (uses.get(inner) !== 1 || part.outputs.includes(inner) || !operandReady || !suitsReader(chip, producer))
    return null;
  const numbers = side === 0 ? sum.numbers : swappedNumbers(sum.numbers);
  const stages = fusedAddStages(producer.numbers, numbers);
  if (stages === null || stages.mismatch > most) return null;
  return { ...producer, nodes: [...producer.nodes, ...sum.nodes], output: sum.output, residual: { operand, numbers } };
};

/** How many operations read each tensor. */
const usesOf = (operations: readonly Operation[]): ReadonlyMap<number, number> => {
  const uses = new Map<number, number>();
  for (const operation of operations) for (const tensor of new Set(operandsOf(operation))) addTo(uses, tensor, 1);
  return uses;
};

/** @param most expected share of differing sums that a fused ADD may have */
export const fuseAdd = (
  chip: Chip,
  operations: readonly Operation[],
  part: Part,
  most: number,
): readonly Operation[] => {
  // A tensor may be written in parts, through views.
  const rootOf = wholesOf(operations);
  const uses = usesOf(operations);
  return operations.reduce<readonly Operation[]>((done, operation) => {
    if (operation.kind === 'add') {
      for (const side of [1, 0] as const) {
        const conv = fusedWith(chip, done, uses, operation, side, part, most, rootOf);
        const inner = operation.inputs[side];
        if (conv !== null) return done.map((earlier) => (earlier.output === inner ? conv : earlier));
      }
    }
    return [...done, operation];
  }, []);
};
