/** Outputs of a partition that the host puts together: what their pieces make of the partition for the rooms that place cubes. */
import type { Part } from '../graph/graph.js';
import type { Operation, PieceOperation } from './operation.js';

export const piecesOf = (operations: readonly Operation[]): readonly PieceOperation[] =>
  operations.filter((operation) => operation.kind === 'piece');

/** The partition with the pieces of its outputs in place of these. */
export const partInPieces = (part: Part, operations: readonly Operation[]): Part => {
  const pieces = piecesOf(operations);
  if (pieces.length === 0) return part;
  const outputs = part.outputs.flatMap((tensor) => {
    const own = pieces.filter(({ place }) => place.whole === tensor);
    return own.length === 0 ? [tensor] : own.map(({ output }) => output);
  });
  return { ...part, outputs };
};
