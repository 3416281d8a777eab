import fc from 'fast-check';
import { padding } from '../host/tflite_writer.js';
import { Builder, type ByteType, byteType, chosenSeed, type OpModel, whole } from './builder.js';

interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
}

export const small: { readonly [Size in keyof Sizes]: fc.Arbitrary<number> } = {
  height: whole(1, 7),
  width: whole(1, 7),
  channels: whole(1, 40),
  outputs: whole(1, 40),
  kernelH: whole(1, 6),
  kernelW: whole(1, 6),
  strideH: whole(1, 3),
  strideW: whole(1, 3),
};

export const byTwo = { strideH: fc.constant(2), strideW: fc.constant(2) };

/** More features or weights than the convolution buffer holds: row tiles, column tiles, groups of kernels. */
export const large = fc
  .constantFrom(
    { height: whole(60, 90), width: whole(60, 90), channels: whole(60, 100), outputs: whole(1, 20) },
    { height: whole(2, 6), width: whole(700, 1000), channels: whole(130, 200), outputs: whole(1, 8) },
    { height: whole(10, 20), width: whole(10, 20), channels: whole(200, 256), outputs: whole(100, 140) },
  )
  .chain((sizes) => fc.record({ ...small, ...byTwo, ...sizes, kernelH: whole(1, 4), kernelW: whole(1, 4) }));

export const modelsOf = (sizes: fc.Arbitrary<Sizes>): fc.Arbitrary<OpModel> =>
  fc
    .record({
      sizes,
      seed: chosenSeed,
      type: byteType,
      mode: fc.constantFrom('same' as const, 'valid' as const),
      bias: fc.boolean(),
    })
    .map(({ sizes: drawnSizes, ...rest }) => modelOf({ ...drawnSizes, ...rest }));

interface Choice extends Sizes {
  readonly seed: number;
  readonly type: ByteType;
  readonly mode: 'same' | 'valid';
  readonly bias: boolean;
}

const modelOf = (choice: Choice): OpModel => {
  const { seed, type, height, width, channels, outputs, strideH, strideW, mode, bias, ...kernel } = choice;
  const b = new Builder(seed);
  // A VALID output is (input - 1) * stride + kernel long, and must be a multiple of the stride.
  const [kernelH, kernelW] =
    mode === 'valid'
      ? [Math.ceil(kernel.kernelH / strideH) * strideH, Math.ceil(kernel.kernelW / strideW) * strideW]
      : [kernel.kernelH, kernel.kernelW];
  const shape =
    mode === 'valid'
      ? [1, (height - 1) * strideH + kernelH, (width - 1) * strideW + kernelW, outputs]
      : [1, height * strideH, width * strideW, outputs];
  const [inputScale, outputScale] = [0.05, 0.04];
  const input = b.input(type, [1, height, width, channels], inputScale, b.zeroPoint(type));
  const perChannel = type === 'int8' && b.random.chance(0.7);
  const taps = kernelH * kernelW * channels;
  const scales = Array.from({ length: perChannel ? outputs : 1 }, () =>
    Math.fround((0.03 / Math.sqrt(taps)) * 2 ** b.random.between(-2, 0)),
  );
  const zero = type === 'int8' ? 0 : b.random.integer(90, 160);
  const filter = b.tensor({
    type,
    shape: [outputs, kernelH, kernelW, channels],
    scale: scales,
    zeroPoint: scales.map(() => zero),
    data: Uint8Array.from({ length: taps * outputs }, () => (zero + b.random.integer(-20, 20)) & 0xff),
  });
  const biases = b.tensor({
    type: 'int32',
    shape: [outputs],
    scale: scales.map((scale) => Math.fround(Math.fround(inputScale) * scale)),
    zeroPoint: scales.map(() => 0),
    data: new Uint8Array(Int32Array.from({ length: outputs }, () => b.random.integer(-2000, 2000)).buffer),
  });
  const output = b.map(type, shape, outputScale, b.zeroPoint(type));
  b.op({
    op: 'TRANSPOSE_CONV',
    version: bias ? 3 : type === 'int8' ? 2 : 1,
    inputs: [b.ints(shape), filter, input, ...(bias ? [biases] : [])],
    outputs: [output],
    options: { type: 'TransposeConvOptions', fields: { padding: padding[mode], strideH, strideW } },
  });
  return b.model(
    `${type} ${height}x${width}x${channels} -> ${shape.join('x')} kernel ${kernelH}x${kernelW} stride ${strideH}x${strideW} ${mode}${bias ? ' bias' : ''}`,
    [output],
  );
};
