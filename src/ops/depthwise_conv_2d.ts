/** DEPTHWISE_CONV_2D: the MAC array's channel-wise mode; with several outputs for a channel a direct convolution. */
import { convolution } from './convolution.js';

export const depthwiseConv2d = convolution('DEPTHWISE_CONV_2D', true);
