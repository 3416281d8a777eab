/**
 * A convolution with padding of its own in front, which SAME and VALID do not make: what SPACE_TO_BATCH_ND, a convolution and
 * BATCH_TO_SPACE_ND are together (`rewrite/dilated_convolution.ts`). Its output may end before the padding behind, or beyond.
 */
import type { ConvGeometry } from '../ir/operation.js';
import { geometryOf, type Shapes, type Windowed, windowedConvolution } from './convolution.js';
import type { Check } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import type { OpContext } from './shared/rule.js';

const paddedGeometry = (known: OpContext & Shapes): ConvGeometry => ({
  ...geometryOf(known),
  padTop: optionOf(known.node, 'padTop'),
  padLeft: optionOf(known.node, 'padLeft'),
});

const paddingInFront: Check<Windowed> = {
  name: 'padding',
  text: ({ limits }) =>
    `0 to ${limits.pad} rows and columns of padding in front, no window that starts behind the plane, planes to ${limits.plane}`,
  broken: ({ chip: { limits }, geometry }) => {
    const { padTop, padLeft, inputHeight, inputWidth, outputHeight, outputWidth } = geometry;
    const [least, most] = [Math.min(padTop, padLeft), Math.max(padTop, padLeft)];
    if (least < 0 || most > limits.pad) return `padding of ${padTop} rows above and ${padLeft} columns on the left`;
    // Its padding is one that the hardware does not make.
    if (outputHeight - padTop > inputHeight || outputWidth - padLeft > inputWidth)
      return `windows of ${outputHeight}x${outputWidth} places over ${inputHeight}x${inputWidth}`;
    const largest = Math.max(inputHeight, inputWidth, outputHeight, outputWidth);
    return largest > limits.plane ? `a plane of ${largest} rows or columns` : null;
  },
};

const dilated = (op: string, depthwise: boolean) =>
  windowedConvolution(op, { depthwise, geometryOf: paddedGeometry, placement: paddingInFront });

export const dilatedConv2d = dilated('DILATED_CONV_2D', false);
export const dilatedDepthwiseConv2d = dilated('DILATED_DEPTHWISE_CONV_2D', true);
