/**
 * DEQUANTIZE, float ops of one value, QUANTIZE: what converters leave in the middle of a quantized model where an op has no
 * integer form. A function of one code, so a table, where each code's result is certain.
 */
import type { Node, Tensor } from '../graph/graph.js';
import { type ByteTensor, isByteTensor, isStatic, type PerTensor, perTensorOf, shapeText } from '../graph/tensor.js';
import type { Refusal } from '../ops/shared/rule.js';
import {
  dequantized,
  floatKernel,
  floatPairKernel,
  floatResult,
  type FloatRange,
  quantized,
} from '../tflite/float_kernels.js';
import { typeRange } from '../tflite/multiplier.js';
import { lookupOf } from './lookup.js';
import type { GraphIndex, Rewrite } from './rewrite.js';

interface FloatOp {
  readonly node: Node;
  /** The tensor that is no constant. */
  readonly input: number;
  readonly result: (x: FloatRange) => FloatRange | null;
}

/** The one float32 of a constant. */
const scalarOf = (tensor: Tensor | null): number | null => {
  if (tensor?.constant !== true || tensor.type !== 'float32' || tensor.data?.byteLength !== 4) return null;
  const { data } = tensor;
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getFloat32(0, true);
};

/** @returns null for an op that is none of one value */
const floatOpOf = (index: GraphIndex, node: Node): FloatOp | null => {
  const [first, second, ...more] = node.inputs;
  if (first === undefined || more.length > 0 || node.outputs.length !== 1) return null;
  if (second === undefined) {
    const kernel = floatKernel(node.op);
    return kernel === null ? null : { node, input: first, result: (x) => floatResult(kernel, x, node.params) };
  }
  const [before, behind] = [scalarOf(index.tensor(first)), scalarOf(index.tensor(second))];
  const constant = before ?? behind;
  if (constant === null || (before !== null && behind !== null)) return null;
  const kernel = floatPairKernel(node.op, constant, before !== null);
  const input = before === null ? first : second;
  return kernel === null ? null : { node, input, result: (x) => floatResult(kernel, x, node.params) };
};

/** Longer chains are none that a converter leaves. */
const longest = 8;

interface Chain {
  readonly dequantize: Node;
  readonly source: ByteTensor;
  readonly ops: readonly FloatOp[];
}

/** What leads from codes to the input of a QUANTIZE. */
const chainTo = (index: GraphIndex, quantize: Node): Chain | null => {
  const ops: FloatOp[] = [];
  let [tensor] = quantize.inputs;
  for (; ops.length <= longest;) {
    const node = index.producerOf(tensor);
    if (node === null) return null;
    if (node.op === 'DEQUANTIZE') {
      const source = index.tensor(node.inputs[0]);
      return isByteTensor(source) ? { dequantize: node, source, ops } : null;
    }
    const op = floatOpOf(index, node);
    if (op === null) return null;
    ops.unshift(op);
    tensor = op.input;
  }
  return null;
};

/** Whether all that reads a float tensor ends in codes again: DEQUANTIZE is needed otherwise. */
const endsInCodes = (index: GraphIndex, tensor: number, left = longest): boolean => {
  const readers = index.consumersOf(tensor);
  return (
    left >= 0 &&
    readers.length > 0 &&
    readers.every(
      (node) =>
        node.op === 'QUANTIZE' ||
        (floatOpOf(index, node) !== null && node.outputs.every((output) => endsInCodes(index, output, left - 1))),
    )
  );
};

const uncertain = (wrong: string): Refusal => ({
  rule: 'numbers',
  text: `${wrong} (needs: a float function of one value whose results round to the same codes on every machine)`,
  advice: 'leave out the float op, or quantize it: it stands between two quantized tensors',
});

type Codes = { readonly codes: ReadonlyMap<number, number> } | { readonly wrong: string };

const codesOf = ({ source, ops }: Chain, from: PerTensor, output: ByteTensor, to: PerTensor): Codes => {
  const [least, most] = typeRange(source.type);
  const codes = new Map<number, number>();
  for (let code = least; code <= most; code++) {
    const value = dequantized(code, from);
    const range = ops.reduce<FloatRange | null>((x, { result }) => (x === null ? null : result(x)), {
      low: value,
      high: value,
    });
    if (range === null) return { wrong: `code ${code} (${value}), of which they make no number that is known` };
    const [low, high] = [quantized(range.low, to, output.type), quantized(range.high, to, output.type)];
    if (!(low === high)) return { wrong: `code ${code} (${value}), whose result may become code ${low} or ${high}` };
    codes.set(code, low);
  }
  return { codes };
};

const isFloat = (tensor: Tensor | null, shape: string): boolean =>
  tensor?.type === 'float32' && !tensor.constant && !tensor.variable && shapeText(tensor.shape) === shape;

export const floatFunction: Rewrite = {
  text: 'DEQUANTIZE, float ops of one value, QUANTIZE: a table',
  explains: true,
  ops: ['QUANTIZE'],
  match: (index, node) => {
    const output = index.tensor(node.outputs[0]);
    const chain = chainTo(index, node);
    if (chain === null || !isByteTensor(output)) return null;
    const { dequantize, source, ops } = chain;
    const [from, to] = [perTensorOf(source), perTensorOf(output)];
    if (from === null || to === null || source.constant || source.variable || !isStatic(source)) return null;
    const shape = shapeText(source.shape);
    const between = [dequantize, ...ops.map((op) => op.node)].flatMap(({ outputs }) => outputs);
    if (shapeText(output.shape) !== shape || !between.every((tensor) => isFloat(index.tensor(tensor), shape)))
      return null;
    if (!dequantize.outputs.every((tensor) => endsInCodes(index, tensor))) return null;
    const nodes = [dequantize, ...ops.map((op) => op.node), node];
    const found = codesOf(chain, from, output, to);
    if ('wrong' in found) return { nodes, refusal: uncertain(found.wrong) };
    return lookupOf(source, output, (code) => found.codes.get(code) ?? NaN, nodes);
  },
};
