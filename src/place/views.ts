/**
 * Whether each view lies in its whole: in the plane of the whole's surfaces, and where the whole has gaps between its rows, every
 * row of the view in one row of it. Memory behind a surface belongs to other samples of a batch, or to other tensors.
 */
import { alignUp, type Cube } from '../layout/cube.js';
import type { Operation, ViewOperation } from '../ir/operation.js';
import { type Bindings, hasWholeRows, spotOf, type Tensors } from './spots.js';

const isInside = ({ shape: [height, width, channels], channel, first, line }: ViewOperation, whole: Cube): boolean => {
  const end = first + (height - 1) * line + width;
  const inRows = hasWholeRows(whole) || (line % whole.width === 0 && (first % whole.width) + width <= whole.width);
  return (
    first >= 0 &&
    end <= whole.height * whole.width &&
    channel + channels <= alignUp(whole.channels, whole.atom) &&
    (inRows || height * width === 1)
  );
};

/** The first view that reaches out of its whole; null where all are inside. */
export const strayView = (
  operations: readonly Operation[],
  tensors: Tensors,
  bindings: Bindings,
): ViewOperation | null =>
  operations.find(
    (op): op is ViewOperation =>
      op.kind === 'view' && op.whole !== null && !isInside(op, spotOf(tensors, bindings, op.whole).cube),
  ) ?? null;
