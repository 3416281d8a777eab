/**
 * Defects of Mesa's lowering for this NPU (Mesa 26.2, src/gallium/drivers/rocket), by the number of the fact sheet's list
 * of what ptfe must not inherit. Each one is a choice of the model of Mesa in this room: as Mesa does it, or right. Nothing
 * else changes with it, so a stream that agrees with TFLite after one of them is chosen names its cause. Not here: the
 * table of a fused ADD's scales (k4) and padding left out for some kernels, which 26.2 has no more.
 */
export interface Defect {
  readonly name: string;
  /** What is wrong. */
  readonly text: string;
  /** What is written instead. */
  readonly patch: string;
  /** Where in Mesa. */
  readonly source: string;
}

export const defects = [
  {
    name: 'k1',
    text: 'width and height are exchanged: planes and kernels that are not square are read with the wrong pitch',
    patch: 'width is NHWC dimension 2 in every register, and rows are split along dimension 1',
    source: 'rkt_ml.c lower_convolution and rkt_ml_subgraph_invoke',
  },
  {
    name: 'k2',
    text: 'int8 tensors are taken as uint8: bytes change their sign bit, zero-points count as if they were unsigned',
    patch: 'codes and zero-points of int8 tensors are moved by 128 where they come in and go out',
    source: 'rkt_ml.c lower_convolution, rkt_ml_subgraph_invoke and read_outputs, rkt_coefs.c',
  },
  {
    name: 'k3',
    text: 'the stride along the width is used for both axes',
    patch: 'each axis has its own stride',
    source: 'rkt_ml.c lower_convolution',
  },
  {
    name: 'k5',
    text: 'for 15 weight scales sums lose their lowest bit, and biases are halved towards zero',
    patch: 'no bit is cut',
    source: 'rkt_coefs.c rkt_fill_biases',
  },
  {
    name: 'k6',
    text: 'the multiplier is the mantissa cut to 15 bits plus 1: mantissas of all ones overflow to half or to a negative',
    patch: 'the mantissa rounded to 15 bits, its carry moved into the shift',
    source: 'rkt_regcmd.c fill_first_regcmd',
  },
  {
    name: 'k7',
    text: 'the padding constant stands in one byte, and odd channels of a depthwise group read the next one',
    patch: 'the byte stands in both low bytes, for every zero-point',
    source: 'rkt_regcmd.c fill_first_regcmd',
  },
  {
    name: 'k8',
    text: "a fused ReLU is taken to be the type's saturation, also where the output's zero-point is above the minimum",
    patch: 'the ReLU of the bias stage is on',
    source: 'tfl_device.c fill_operation, rkt_regcmd.c fill_first_regcmd',
  },
  {
    name: 'k13',
    text: 'a last group of channels that is not whole is packed to other sizes than the hardware is told',
    patch: 'every group is filled to a multiple of 16 channels, in the padding kernel too',
    source: 'rkt_coefs.c rkt_fill_weights',
  },
  {
    name: 'k18',
    text: 'output buffers have no room for all surfaces that the DPU is told to write',
    patch: 'room for as many channels as DATA_CUBE_CHANNEL says',
    source: 'rkt_ml.c calc_raw_output_size',
  },
] as const satisfies readonly Defect[];

export type DefectName = (typeof defects)[number]['name'];

/** Defects that are set right; the empty set is Mesa as it is. */
export type Fixes = ReadonlySet<DefectName>;

export const asMesa: Fixes = new Set();

export const findDefect = (name: string): (typeof defects)[number] | undefined =>
  defects.find((defect) => defect.name === name);
