/** The table of operators. */
import { add } from './add.js';
import { averagePool2d } from './average_pool_2d.js';
import { conv2d } from './conv_2d.js';
import { depthwiseConv2d } from './depthwise_conv_2d.js';
import { fullyConnected } from './fully_connected.js';
import { mean } from './mean.js';
import { expandDims, reshape, squeeze } from './reshape.js';
import type { OpDefinition } from './rule.js';

export const operators: ReadonlyMap<string, OpDefinition> = new Map(
  [add, averagePool2d, conv2d, depthwiseConv2d, expandDims, fullyConnected, mean, reshape, squeeze].map(
    (definition) => [definition.op, definition],
  ),
);
