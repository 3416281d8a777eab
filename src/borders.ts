/** The order in which the host lays out what TFLite gives and takes. */
import type { Part } from './graph/graph.js';
import type { PieceOperation } from './ir/operation.js';
import type { Placement } from './place/place.js';
import type { Rewritten } from './rewrite/index.js';

type Layouts = Placement['borders'];

/** Tensors at the part's border that the host would have to lay out in an order that it cannot, or in two at once. */
export const conflictsOf = (
  part: Part,
  borders: Layouts,
  pieces: readonly PieceOperation[],
  layouts: Rewritten['layouts'],
): readonly number[] =>
  [...part.inputs, ...part.outputs].filter((tensor) => {
    const layout = layouts.get(tensor);
    const isOther = borders.has(tensor) || pieces.some(({ place }) => place.whole === tensor);
    return layout === null || (layout !== undefined && layout !== 'flat' && isOther);
  });

/** How the host lays out tensors that are not NHWC of their cube. */
export const bordersOf = (part: Part, borders: Layouts, layouts: Rewritten['layouts']): Layouts => {
  const all = new Map(borders);
  for (const tensor of [...part.inputs, ...part.outputs]) {
    const layout = layouts.get(tensor);
    if (layout !== undefined && layout !== null && !borders.has(tensor)) all.set(tensor, layout);
  }
  return all;
};
