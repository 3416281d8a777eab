/**
 * Behaviours of the hardware that no source proves, as named switches of the software NPU. The first value is the
 * default. Everything that depends on a reading of the hardware is here and nowhere else.
 */
import type { Tag } from './registers/register.js';

export interface Fact {
  readonly name: string;
  /** The question that the values answer. */
  readonly text: string;
  /** How far the default is known. */
  readonly tag: Tag;
  readonly source: string;
  readonly values: readonly [string, string, ...string[]];
}

const shiftRoundings = ['half_away', 'half_even', 'half_up', 'truncate'] as const;

export const facts: readonly Fact[] = [
  {
    name: 'bs_shift_rounding',
    text: 'How BS rounds when it shifts a product right (truncate: towards minus infinity)',
    tag: 'inferred',
    source: 'NVDLA hardware manual: half away from zero; no RK3588 measurement',
    values: shiftRoundings,
  },
  {
    name: 'bn_shift_rounding',
    text: 'How BN rounds when it shifts a product right',
    tag: 'inferred',
    source: 'NVDLA hardware manual, as BS',
    values: shiftRoundings,
  },
  {
    name: 'bn_order',
    text: 'What BN does first: x * mul + add, then the shift; or (x + add) * mul, as BS',
    tag: 'driver',
    source:
      "vendor's compiler: ELU and SiLU are right with the product first and garbage otherwise; fp16 on boards the same",
    values: ['multiply_add', 'add_multiply'],
  },
  {
    name: 'mul_product_width',
    text: 'Width of a BS, BN or EW product before its shift',
    tag: 'inferred',
    source: 'RK3576 boards: a product without shift saturates to int32; before a shift nobody measured',
    values: ['wide', 'int32'],
  },
  {
    name: 'zero_multiplier',
    text: 'A multiplier of 0 among the operands in memory: an error, or a plain 0',
    tag: 'inferred',
    source:
      "vendor's compiler: 0 stands beside real channels in their group of 8; RK3576 boards: it gates off the group",
    values: ['plain', 'error'],
  },
  {
    name: 'cvt_round_bit',
    text: 'What CVT_ROUND = 1 of OUT_CVT means (0 is half to even)',
    tag: 'inferred',
    source: 'RK3588 TRM names the bit: odd or even carries',
    values: ['half_up', 'half_even', 'half_away'],
  },
  {
    name: 'bn_operand_packing',
    text: "Groups of BN's operands in memory: the enabled ones only, or always 64 bytes",
    tag: 'inferred',
    source: "BS's groups in decoded vendor buffers; BN's nobody decoded",
    values: ['enabled_only', 'fixed_64'],
  },
  {
    name: 'depthwise_operand_group',
    text: "Groups of BS's operands (with a multiplier) in depthwise tasks: fixed_48 is A at 0, C at 32; fixed_64 A, B, C",
    tag: 'inferred',
    source: 'RK3576 boards: 48 bytes without B',
    values: ['enabled_only', 'fixed_48', 'fixed_64'],
  },
  {
    name: 'int8_flying',
    text: 'Whether the second operand of an int8 task without convolution is read, or is 0',
    tag: 'inferred',
    source: 'fp16 seen on RK3588 boards; one source reports 0 for int8',
    values: ['supported', 'operand_zero'],
  },
  {
    name: 'ew_cvt_rounding',
    text: "How EW's operand converter rounds with EW_CVT_ROUND = 0",
    tag: 'inferred',
    source: 'RK3576 boards: ties to even',
    values: ['half_even', 'half_up', 'truncate'],
  },
  {
    name: 'ew_cvt_scale_sign',
    text: "Whether the 16-bit scale of EW's operand converter has a sign",
    tag: 'inferred',
    source: "vendor's compiler: SUB is ADD with a negative scale",
    values: ['signed16', 'unsigned16'],
  },
  {
    name: 'relux_limit_position',
    text: 'Whether the limit of ReLUx compares after or before the multiplier of its stage',
    tag: 'inferred',
    source: 'order of the stage in the RK3588 TRM',
    values: ['after_mul', 'before_mul'],
  },
  {
    name: 'padding_lanes_written',
    text: 'Whether the DPU writes lanes beyond ORIG_CHANNEL (poison: with bytes of no meaning)',
    tag: 'inferred',
    source: 'DATA_CUBE_CHANNEL holds both counts; nobody looked at these lanes',
    values: ['poison', 'not_written'],
  },
  {
    name: 'padding_surface_overrun',
    text: 'A surface of padding lanes only that lies outside every buffer: an error, or its writes are lost',
    tag: 'inferred',
    source: "Mesa's output buffers are too small for these surfaces, and its models run",
    values: ['error', 'dropped'],
  },
  {
    name: 'direct_pad_lanes',
    text: 'Whether direct convolution takes the padding constant by lanes, as depthwise does',
    tag: 'inferred',
    source: "the RK3588 silicon vector is depthwise; Mesa's lane words are written for both",
    values: ['byte0', 'parity'],
  },
  {
    name: 'deconv_gaps',
    text: 'What stands between the inputs of a transposed convolution (CONV_CON1 DECONV): the padding constant, or 0',
    tag: 'driver',
    source: "vendor's compiler: right for zero points other than 0 with the padding constant only",
    values: ['padding_constant', 'zero'],
  },
  {
    name: 'depthwise_rest_lanes',
    text: 'Lanes a tap that 48 channels behind whole groups of 64 take in depthwise weights: as WEIGHT_SIZE1 has them, or 64',
    tag: 'driver',
    source: "vendor's compiler writes 64 lanes, Mesa 48",
    values: ['as_sized', 'whole_64'],
  },
  {
    name: 'pixel_line_stride',
    text: 'LINE_STRIDE of pixels: their number, and rows begin at multiples of 16 of them; or bytes',
    tag: 'driver',
    source: "vendor's compiler for 1, 3 and 4 channels; Mesa writes one channel, where both are the same",
    values: ['aligned_pixels', 'bytes'],
  },
  {
    name: 'group_line_off',
    text: 'Strides of a cube with GROUP_LINE_OFF: lines in atoms, surfaces from the end of the first line; or as without it',
    tag: 'driver',
    source: "vendor's compiler: column tiles and bilinear resizes",
    values: ['atoms', 'as_without'],
  },
  {
    name: 'register_hold',
    text: 'What a register keeps that a task leaves out: the value of its group (two tasks earlier), or of the task before',
    tag: 'inferred',
    source: 'two register groups in every block (Mesa, RK3588 TRM)',
    values: ['group', 'shared'],
  },
  {
    name: 'pointer_clear',
    text: 'S_POINTER 0x30: the turn of the register groups goes on, or the task and the next one take the first group',
    tag: 'inferred',
    source: "vendor's compiler: every task that reads the LUT; it writes all registers, so nothing tells",
    values: ['goes_on', 'first_group'],
  },
  {
    name: 'chained_lut_load',
    text: 'Whether a chained task may fill the LUT that a later task reads, while the one before it may still run',
    tag: 'driver',
    source: "vendor's compiler: loads are tasks of their own in the chain; RK3588 boards: only while the DPU is idle",
    values: ['own_task', 'refused'],
  },
  {
    name: 'plane_alignment',
    text: 'Planes that are not a multiple of 4 atoms: written as the strides say, or refused as not known (checked only)',
    tag: 'driver',
    source: "Mesa writes such planes (7x7); the vendor's compiler never does",
    values: ['any', 'four_atoms'],
  },
  {
    name: 'output_notch',
    text: 'Whether DATA_CUBE_NOTCH_ADDR adds atoms between output rows',
    tag: 'inferred',
    source: 'name of the register; every known driver writes 0',
    values: ['honoured', 'ignored'],
  },
  {
    name: 'three_atom_rows',
    text: 'CBUF entries that a rest of three atoms takes: a whole one for each pixel, where shorter rows are executed as well (boards ran those of Mesa), three quarters, or whole and nothing shorter (checked only)',
    tag: 'inferred',
    source:
      "vendor's compiler: whole in 60 of 60 tasks where it matters; Mesa writes quarters, but for one special case",
    values: ['whole', 'quarters', 'whole_only'],
  },
  {
    name: 'ew_small_planes',
    text: 'A fused operand with planes under 12 atoms: its addresses follow the strides, or are refused as not known',
    tag: 'inferred',
    source: 'Mesa never writes a stride under 12 there',
    values: ['plain', 'refused'],
  },
  {
    name: 'pixel_empty_lanes',
    text: 'What stands in the channels of an atom that pixel input of 1 to 4 channels does not fill',
    tag: 'inferred',
    source: "Mesa's weights are 0 there; CVT_CON5 has a bit for each lane",
    values: ['zero', 'converted'],
  },
  {
    name: 'prelu_positive',
    text: 'Whether PReLU shifts the values that it does not multiply, those of 0 and more',
    tag: 'inferred',
    source: 'the RK3588 TRM gives positive data a shift of its own; NVDLA passes such values by',
    values: ['shifted', 'unshifted'],
  },
  {
    name: 'mul_shift_operand',
    text: 'Size of a shift in memory (TRT), after the other operands of its group of 8 channels',
    tag: 'inferred',
    source: 'RK3588 TRM names the operand and its order; nobody drives it',
    values: ['int16', 'int8'],
  },
  {
    name: 'ew_shift_rounding',
    text: 'How EW rounds when it shifts a product right',
    tag: 'inferred',
    source: 'NVDLA hardware manual, as BS',
    values: shiftRoundings,
  },
  {
    name: 'ew_register_operand',
    text: "Whether EW's operand from registers passes the operand converter",
    tag: 'inferred',
    source: 'RK3588 TRM: operand from configure register; nobody drives it',
    values: ['converted', 'as_is'],
  },
  {
    name: 'ew_channel_operand',
    text: "EW's operand per channel: one value for each channel, one after the other, or refused as not known",
    tag: 'inferred',
    source: 'RK3588 TRM: data mode 0 with a surface stride of 1; nobody drives it',
    values: ['flat', 'refused'],
  },
  {
    name: 'ew_unary',
    text: 'EW abs and neg: of the main value, without an operand, or refused as not known',
    tag: 'inferred',
    source: 'RK3588 TRM: names of the operations; nobody drives them on integers',
    values: ['main_value', 'refused'],
  },
  {
    name: 'int8_lut',
    text: 'Whether the LUT works in int8 tasks as it does in fp16',
    tag: 'inferred',
    source: 'fp16 seen on RK3588 boards, int8 on RK3576 boards only',
    values: ['supported', 'refused'],
  },
  {
    name: 'lut_table_choice',
    text: 'Which LUT table answers: LE for values below 0 after BN (or before it), else LO; or by ranges and priority bits',
    tag: 'driver',
    source:
      "vendor's compiler: by the value after BN; RK3588 boards in fp16: sign before BN; NVDLA: ranges and priorities",
    values: ['sign_after_bn', 'ranges', 'sign_before_bn'],
  },
  {
    name: 'ew_lut_order',
    text: 'What EW does first: the LUT, or its operation with the second operand',
    tag: 'driver',
    source: "vendor's compiler: sigmoid is the LUT, then MAX with 0",
    values: ['lut_first', 'operation_first'],
  },
  {
    name: 'lut_rounding',
    text: 'How the LUT rounds between two entries and on its slopes',
    tag: 'inferred',
    source: 'NVDLA, as its other integer shifts; no measurement',
    values: shiftRoundings,
  },
  {
    name: 'ppu_average',
    text: 'Precision of fp16 average pooling before the result: sums and products in fp32, or each step rounded to fp16',
    tag: 'inferred',
    source: 'RK3588 boards: right within the tolerance of an fp16 reciprocal',
    values: ['float32', 'float16'],
  },
  {
    name: 'ppu_int8',
    text: 'Whether the PPU pools int8 cubes',
    tag: 'driver',
    source: "vendor's compiler does; RK3588 boards read fp16 with the words that were tried",
    values: ['supported', 'refused'],
  },
  {
    name: 'ppu_max_padding',
    text: 'Whether padding takes part in int8 maximum and minimum pooling',
    tag: 'driver',
    source: "vendor's compiler writes 0 there with a zero point of -128",
    values: ['left_out', 'counts'],
  },
  {
    name: 'ppu_int8_rounding',
    text: 'How int8 average pooling rounds sum * reciprocal * reciprocal / 2^32',
    tag: 'driver',
    source: "vendor's compiler: TFLite's values with one rounding half away from zero, 9 to 19 % others otherwise",
    values: shiftRoundings,
  },
  {
    name: 'ppu_only_task',
    text: 'Whether a task without DPU ends under the stock kernel, which waits for the interrupt of the DPU',
    tag: 'inferred',
    source: "two sources report pooling under mainline; the kernel's handler looks at bits 8 and 9 only",
    values: ['completes', 'times_out'],
  },
];
