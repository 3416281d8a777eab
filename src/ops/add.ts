/** ADD of two tensors of one shape: a DPU-only task, or the elementwise stage of the convolution that makes an operand. */
import { addStages, type AddNumbers } from '../quantize/add_stages.js';
import { clampFits } from '../quantize/conv_stages.js';
import { activationRange } from '../quantize/multiplier.js';
import type { OpContext, OpDefinition } from './rule.js';
import {
  hasPerTensorQuantization,
  inputOf,
  isByteTensor,
  isStatic,
  outputOf,
  quantizationOf,
  shapeText,
  signedCode,
} from './rule.js';

/** With the range that the stages can clamp to; `range` is what TFLite clamps to. */
const numbersOf = (
  context: OpContext,
): { readonly numbers: AddNumbers; readonly range: readonly [number, number] } | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  if (!isByteTensor(first) || !isByteTensor(second) || !isByteTensor(output)) return null;
  const [a, b, y] = [quantizationOf(first), quantizationOf(second), quantizationOf(output)];
  const codes = activationRange(
    context.node.params['activation'] ?? 0,
    y.scale,
    output.quantization?.zeroPoints[0] ?? 0,
    output.type,
  );
  if (codes === null) return null;
  const range = [signedCode(codes[0], output.type), signedCode(codes[1], output.type)] as const;
  const fits = clampFits({ range, outputZeroPoint: y.zeroPoint });
  return {
    range,
    numbers: {
      firstScale: a.scale,
      firstZeroPoint: a.zeroPoint,
      secondScale: b.scale,
      secondZeroPoint: b.zeroPoint,
      outputScale: y.scale,
      outputZeroPoint: y.zeroPoint,
      range: fits ? range : [-128, 127],
    },
  };
};

export const add: OpDefinition = {
  op: 'ADD',
  rules: [
    {
      name: 'types',
      text: 'both operands and the output int8, or all three uint8',
      broken: (context) => {
        const types = [inputOf(context, 0), inputOf(context, 1), outputOf(context)].map(
          (tensor) => tensor?.type ?? 'absent',
        );
        return types[0] === types[1] && types[1] === types[2] && (types[0] === 'int8' || types[0] === 'uint8')
          ? null
          : `types ${types.join(', ')}`;
      },
    },
    {
      name: 'shapes',
      text: 'two operands of one static shape of up to 4 dimensions, batch 1, neither constant',
      broken: (context) => {
        const tensors = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
        const [first] = tensors;
        for (const tensor of tensors) {
          if (tensor === null || !isStatic(tensor) || tensor.constant)
            return 'a constant operand or a shape that is not known';
          if (shapeText(tensor.shape) !== shapeText(first?.shape ?? []))
            return `shapes ${tensors.map((t) => shapeText(t?.shape ?? [])).join(', ')}`;
        }
        const shape = first?.shape ?? [];
        return shape.length >= 1 && shape.length <= 4 && (shape.length < 4 || shape[0] === 1)
          ? null
          : `shape ${shapeText(shape)}`;
      },
    },
    {
      name: 'quantization',
      text: 'one scale and one zero point for each tensor',
      broken: (context) => {
        const tensors = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
        return tensors.every((tensor) => tensor !== null && hasPerTensorQuantization(tensor))
          ? null
          : 'a tensor without';
      },
    },
    {
      name: 'numbers',
      text: 'a known activation, and scales that three 15-bit factors carry to within half a count of TFLite',
      broken: (context) => {
        const lowered = numbersOf(context);
        if (lowered === null) return `activation ${context.node.params['activation'] ?? -1}`;
        return addStages(lowered.numbers) === null ? 'scales too far apart' : null;
      },
    },
    {
      name: 'trust',
      text: 'with trust=seen: nothing, int8 elementwise tasks were not seen on silicon',
      broken: ({ trust }) => (trust === 'seen' ? 'an int8 elementwise task' : null),
    },
  ],
  lower: (context) => {
    const lowered = numbersOf(context);
    const [first, second] = context.node.inputs;
    const output = context.node.outputs[0];
    if (lowered === null || first === undefined || second === undefined || output === undefined) {
      throw new Error(`ADD #${context.node.index}: lowered against its rules`);
    }
    const base = { nodes: [context.node.index], output };
    const sum = { ...base, kind: 'add', inputs: [first, second], numbers: lowered.numbers } as const;
    const fits = lowered.numbers.range[0] === lowered.range[0] && lowered.numbers.range[1] === lowered.range[1];
    return fits ? [sum] : [sum, { ...base, kind: 'clamp', input: output, range: lowered.range }];
  },
};
