/** The tables of operators. */
import type { Node } from '../graph/graph.js';
import { abs } from './abs.js';
import { add } from './add.js';
import { averagePool2d } from './average_pool_2d.js';
import { batched } from './batched.js';
import { batchToSpaceNd } from './batch_to_space_nd.js';
import { concatenation } from './concatenation.js';
import { conv2d } from './conv_2d.js';
import { depthToSpace } from './depth_to_space.js';
import { depthwiseConv2d } from './depthwise_conv_2d.js';
import { channelShuffle } from './channel_shuffle.js';
import { dilatedConv2d, dilatedDepthwiseConv2d } from './dilated_conv.js';
import { elu } from './elu.js';
import { exp } from './exp.js';
import { flatResult } from './flat_result.js';
import { flatFullyConnected, fullyConnected } from './fully_connected.js';
import { gatheredResult } from './gathered_result.js';
import { gelu } from './gelu.js';
import { hardSwish } from './hard_swish.js';
import { leakyRelu } from './leaky_relu.js';
import { log } from './log.js';
import { logistic } from './logistic.js';
import { lookupTable } from './lookup_table.js';
import { bounded } from './shared/map_sizes.js';
import { maximum, minimum } from './maximum_minimum.js';
import { maxPool2d } from './max_pool_2d.js';
import { mean, sum } from './mean.js';
import { mirrorPad } from './mirror_pad.js';
import { mul } from './mul.js';
import { pack, unpack } from './pack.js';
import { pad, padV2 } from './pad.js';
import { prelu } from './prelu.js';
import { quantize } from './quantize.js';
import { reduceMax } from './reduce_max.js';
import { reduceMin } from './reduce_min.js';
import { relu, relu0To1, relu6, reluN1To1 } from './relu.js';
import { expandDims, reshape, squeeze } from './reshape.js';
import { resizeBilinear } from './resize_bilinear.js';
import { resizeNearestNeighbor } from './resize_nearest_neighbor.js';
import { reverseV2 } from './reverse_v2.js';
import { rsqrt } from './rsqrt.js';
import type { OpDefinition } from './shared/rule.js';
import type { TableOp } from './table.js';
import { tanh } from './tanh.js';
import { slice, split, splitV, stridedSlice } from './slices.js';
import { spaceToBatchNd } from './space_to_batch_nd.js';
import { spaceToDepth } from './space_to_depth.js';
import { sqrt } from './sqrt.js';
import { squaredDifference } from './squared_difference.js';
import { sub } from './sub.js';
import { transpose } from './transpose.js';
import { transposeConv } from './transpose_conv.js';

const table = (definitions: readonly OpDefinition[]): ReadonlyMap<string, OpDefinition> =>
  new Map(definitions.map((definition) => [definition.op, bounded(definition)]));

/** TFLite's. */
export const operators = table([
  ...[
    abs,
    add,
    averagePool2d,
    concatenation,
    conv2d,
    depthToSpace,
    depthwiseConv2d,
    elu,
    exp,
    gelu,
    hardSwish,
    leakyRelu,
    log,
    logistic,
    maximum,
    maxPool2d,
    mean,
    minimum,
    mirrorPad,
    mul,
    pad,
    padV2,
    prelu,
    quantize,
    reduceMax,
    reduceMin,
    relu,
    relu0To1,
    relu6,
    reluN1To1,
    resizeBilinear,
    resizeNearestNeighbor,
    rsqrt,
    slice,
    spaceToDepth,
    split,
    splitV,
    sqrt,
    squaredDifference,
    stridedSlice,
    sub,
    sum,
    tanh,
    transposeConv,
  ].map(batched),
  // These take all dimensions as they are.
  batchToSpaceNd,
  expandDims,
  fullyConnected,
  pack,
  reshape,
  reverseV2,
  spaceToBatchNd,
  squeeze,
  transpose,
  unpack,
]);

/** What `rewrite/` makes of several of TFLite's. */
export const composites = table([
  channelShuffle,
  dilatedConv2d,
  dilatedDepthwiseConv2d,
  flatFullyConnected,
  flatResult,
  gatheredResult,
  lookupTable,
]);

/** Functions of one value, by the name of the op. */
export const tableOps: ReadonlyMap<string, TableOp> = new Map(
  [abs, elu, exp, gelu, hardSwish, leakyRelu, log, logistic, rsqrt, sqrt, tanh].map((one) => [one.op, one]),
);

export const definitionOf = ({ op }: Node): OpDefinition | undefined => operators.get(op) ?? composites.get(op);
