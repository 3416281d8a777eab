/** CONV_2D: a direct convolution task for each tile. */
import { convolution } from './convolution.js';

export const conv2d = convolution('CONV_2D', false);
