/**
 * SPACE_TO_BATCH_ND, a convolution without padding, BATCH_TO_SPACE_ND: how older TensorFlow writes a dilated convolution.
 * Where no other node takes the tensors between them, BATCH_TO_SPACE_ND becomes that convolution, of the tensor before the
 * first; what the others make is dropped where nobody else wants it (fuse/unused.ts). Neither dilation nor batches change
 * the numbers.
 */
import { padding } from '../tflite/operators.js';
import type { Node } from '../graph/graph.js';
import { convolutionRules, geometryOf, lowerConvolution, outputShape } from './convolution.js';
import type { ConvGeometry } from '../ir/operation.js';
import { type Blocks, blocksOf, movedRules, type Pair } from './shared/picture_blocks.js';
import { inputOf, matched, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

interface Chain {
  readonly space: Node;
  readonly conv: Node;
  readonly batch: Node;
}

const convolutions: ReadonlySet<string> = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D']);
const links: ReadonlySet<string> = new Set(['SPACE_TO_BATCH_ND', ...convolutions, 'BATCH_TO_SPACE_ND']);

const isConvolution = ({ op }: Node): boolean => convolutions.has(op);

const makerOf = ({ graph }: OpContext, node: Node): Node | null =>
  graph.nodes.find(({ outputs }) => outputs.includes(node.inputs[0] ?? -1)) ?? null;

/** The one node that takes the output, as its first input. */
const takerOf = ({ graph }: OpContext, node: Node): Node | null => {
  const output = node.outputs[0] ?? -1;
  const [taker, ...others] = graph.nodes.filter(({ inputs }) => inputs.includes(output));
  if (taker === undefined || others.length > 0) return null;
  return taker.inputs.indexOf(output) === 0 && taker.inputs.lastIndexOf(output) === 0 ? taker : null;
};

const chainOf = (context: OpContext): Chain | null => {
  const { node } = context;
  const conv = isConvolution(node)
    ? node
    : node.op === 'SPACE_TO_BATCH_ND'
      ? takerOf(context, node)
      : makerOf(context, node);
  if (conv === null || !isConvolution(conv)) return null;
  const [space, batch] = [makerOf(context, conv), takerOf(context, conv)];
  return space?.op === 'SPACE_TO_BATCH_ND' && batch?.op === 'BATCH_TO_SPACE_ND' && takerOf(context, space) === conv
    ? { space, conv, batch }
    : null;
};

/** The convolution of all three nodes. */
interface Dilated {
  readonly context: OpContext;
  readonly depthwise: boolean;
  readonly geometry: ConvGeometry;
  readonly nodes: readonly number[];
}

/** The one convolution as a node, with the tensors outside the chain. */
const nodeOf = ({ space, conv, batch }: Chain, [rows, columns]: Pair): Node => {
  const { dilationH = 1, dilationW = 1 } = conv.params;
  return {
    ...conv,
    inputs: [space.inputs[0] ?? -1, ...conv.inputs.slice(1)],
    outputs: batch.outputs,
    params: { ...conv.params, dilationH: dilationH * rows, dilationW: dilationW * columns },
  };
};

/** @returns null where paddings and crops do not make that output, or where the hardware cannot pad so */
const dilatedGeometry = (context: OpContext, spread: Blocks, merged: Blocks): ConvGeometry | null => {
  const { limits } = context.chip;
  const plain = geometryOf(context);
  const [padTop, padLeft] = [spread.before[0] - merged.before[0], spread.before[1] - merged.before[1]];
  const fits = (axis: 0 | 1, input: number, output: number, reach: number, pad: number): boolean => {
    const [padded, cropped] = [spread, merged].map(({ before, after }) => before[axis] + after[axis]);
    // A window that starts behind the picture would meet padding that the hardware does not make.
    return (
      output === input + (padded ?? 0) - reach - (cropped ?? 0) &&
      pad >= 0 &&
      pad <= limits.pad &&
      output - pad <= input &&
      Math.max(input, output) <= limits.plane
    );
  };
  const { inputHeight, inputWidth, outputHeight, outputWidth } = plain;
  return fits(0, inputHeight, outputHeight, (plain.kernelHeight - 1) * plain.dilationY, padTop) &&
    fits(1, inputWidth, outputWidth, (plain.kernelWidth - 1) * plain.dilationX, padLeft)
    ? { ...plain, padTop, padLeft }
    : null;
};

const dilatedOf = (context: OpContext): Dilated | null => {
  const chain = chainOf(context);
  if (chain === null) return null;
  const { space, conv, batch } = chain;
  const [from, to]: readonly [OpContext, OpContext] = [
    { ...context, node: space },
    { ...context, node: batch },
  ];
  const [spread, merged] = [blocksOf(from), blocksOf(to)];
  const { strideH, strideW, padding: mode } = conv.params;
  if (spread === null || merged === null || strideH !== 1 || strideW !== 1 || mode !== padding.valid) return null;
  if (spread.block[0] !== merged.block[0] || spread.block[1] !== merged.block[1]) return null;
  if ([from, to].some((own) => movedRules.some(({ broken }) => broken(own) !== null))) return null;
  const own: OpContext = { ...context, node: nodeOf(chain, spread.block) };
  const depthwise = conv.op === 'DEPTHWISE_CONV_2D';
  const rules = convolutionRules(depthwise).filter((rule) => rule !== outputShape);
  if (rules.some(({ broken }) => broken(own) !== null)) return null;
  const geometry = dilatedGeometry(own, spread, merged);
  return geometry === null
    ? null
    : { context: own, depthwise, geometry, nodes: [conv.index, space.index, batch.index] };
};

/** An op that may be one of the three as it is in a dilation; others as they are. */
export const inDilation = (definition: OpDefinition): OpDefinition =>
  !links.has(definition.op)
    ? definition
    : {
        ...definition,
        match: (context) => {
          const whole = dilatedOf(context);
          if (whole === null) return definition.match(context);
          if (context.node.op === 'BATCH_TO_SPACE_ND') {
            const { context: own, depthwise, geometry, nodes } = whole;
            return matched(() => lowerConvolution(own, depthwise, { geometry, nodes }));
          }
          // Only as one of the three it may be taken against its own rules.
          const batches = [inputOf(context, 0), outputOf(context)].some((tensor) => tensor?.shape[0] !== 1);
          const alone = definition.match(context);
          return alone.match !== null || !batches ? alone : matched(() => []);
        },
      };
