/** Whether a convolution's tasks can take whole rows of its planes: column tiles rest on more hardware facts. */
import { atoms, cbuf, limits } from '../hardware/limits.js';
import type { ConvGeometry } from '../ir/operation.js';

/** Banks that features have where weights stream (Mesa's 7 + 5, one of the 7 kept free); a quarter is left for row forms. */
const featureBytes = 0.75 * 5 * cbuf.bankBytes;

/** A depthwise task can always be cut to one weight group of channels. */
export const takesWholeRows = (g: ConvGeometry, depthwise: boolean): boolean =>
  g.inputWidth <= limits.window &&
  g.kernelHeight * g.inputWidth * (depthwise ? Math.min(g.inputChannels, atoms.depthwiseChannels) : g.inputChannels) <=
    featureBytes;
