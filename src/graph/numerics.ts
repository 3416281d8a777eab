/**
 * Whose numbers a plan gives. TFLite's reference kernels calculate differently from release to release:
 *   tflite-2.14  scales are multiplied and divided as float32; FULLY_CONNECTED rounds twice, as convolutions do.
 *   litert-2.3   FULLY_CONNECTED rounds once: sum times scale in double, half away from zero (LiteRT 1.3 to 2.3).
 *   litert-2.4   scales are multiplied and divided as double as well: uint8 CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV,
 *                MUL, RELU and its relatives, PRELU, LEAKY_RELU, ABS.
 * Everything else gives the same values in all of them.
 */
export const numericsNames = ['tflite-2.14', 'litert-2.3', 'litert-2.4'] as const;

export type Numerics = (typeof numericsNames)[number];

/** What is taken where no host can be asked. */
export const newestNumerics: Numerics = 'litert-2.4';

/**
 * The release whose numbers a package of some version has; `delegate/compile/numerics.c` says the same. TensorFlow, and what is
 * built from it, took over what LiteRT 1.3 brought in 2.20.
 * @returns null for a package or version that is not known
 */
export const numericsOfVersion = (name: string, version: string): Numerics | null => {
  const [major = NaN, minor = NaN] = (/^\d+\.\d+/.exec(version)?.[0] ?? '')
    .split('.')
    .map((part) => parseInt(part, 10));
  if (!(major >= 0)) return null;
  const before = (wantedMajor: number, wantedMinor: number): boolean =>
    major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  const known = name.replaceAll('-', '_');
  if (known.startsWith('ai_edge_litert'))
    return before(1, 3) ? 'tflite-2.14' : before(2, 4) ? 'litert-2.3' : 'litert-2.4';
  if (/^(tflite_runtime|tensorflow|libtensorflow)/.test(known)) return before(2, 20) ? 'tflite-2.14' : 'litert-2.3';
  return null;
};

/** What TFLite keeps of a product or a quotient of scales where it does not ask for double: float32 before 2.4. */
export const scaleKeeper = (numerics: Numerics): ((value: number) => number) =>
  numerics === 'litert-2.4' ? (value) => value : Math.fround;

/** How FULLY_CONNECTED comes from its sums to the output. */
export const fullyConnectedRounding = (numerics: Numerics): 'once' | 'twice' =>
  numerics === 'tflite-2.14' ? 'twice' : 'once';
