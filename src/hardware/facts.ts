/**
 * Behaviours of the hardware that the register lists leave open, as named switches of the software NPU. The first reading
 * is the default. Everything that depends on a reading of the hardware is here and nowhere else. Sources: vendor-truth.md
 * and vendor-truth-2.md (programs of the vendor's compiler, executed), vendor-compiler.md, beyond-conv.md and npu.md
 * (boards, drivers, documents).
 */
import { type Fact, fact, isSeen, reading } from './fact.js';

export type { Fact, Reading, Support } from './fact.js';
export { isSeen } from './fact.js';

const silent = 'vendor-truth.md 3: no program tells the nearest ones apart';

/** How a stage rounds a product that it shifts right. */
const shiftRoundings = (first: string, truncate: string) =>
  [
    reading('half_away', 'none', first),
    reading('half_even', 'none', silent),
    reading('half_up', 'none', silent),
    reading('truncate', 'none', truncate),
  ] as const;

const nvdla = `NVDLA hardware manual: half away from zero; ${silent}`;

const stages: readonly Fact[] = [
  fact(
    'bs_shift_rounding',
    'How BS rounds when it shifts a product right (truncate: towards minus infinity)',
    shiftRoundings(nvdla, 'vendor-truth.md 3: a little worse (413 values against 369 of 499,956)'),
    { ties: true },
  ),
  fact(
    'bn_shift_rounding',
    'How BN rounds when it shifts a sum right',
    shiftRoundings(nvdla, 'vendor-truth.md 3: better for SiLU, worse for hard-swish'),
    { ties: true },
  ),
  fact('bn_order', 'What BN does: x * mul + add, then the shift; or (x + add) * mul, then the shift, as BS', [
    reading(
      'multiply_add',
      'vendor',
      'vendor-truth.md 2.1: ELU 0 of 12,800 wrong; fp16 on boards does the same (beyond-conv.md 3.4)',
    ),
    reading('add_multiply', 'none', 'vendor-truth.md 2.1: contradicted, ELU 12,745 of 12,800 wrong'),
  ]),
  fact('mul_product_width', 'Width of a BS, BN or EW product before its shift', [
    reading('wide', 'vendor', 'vendor-truth.md 3: convolutions and depthwise; 369 values not the nearest'),
    reading(
      'int32',
      'none',
      'vendor-truth.md 3: contradicted, 27,403 values not the nearest; RK3576 boards saturate a product without shift',
    ),
  ]),
  fact('zero_multiplier', 'A multiplier of 0 among the operands in memory: a plain 0, or an error', [
    reading(
      'plain',
      'vendor',
      'vendor-truth.md 2.7: 0 stands in padding channels beside real ones, so it cannot gate off its group of 8',
    ),
    reading('error', 'none', 'RK3576 boards: it gates off its group of 8 channels; contradicted for the RK3588'),
  ]),
  fact(
    'cvt_round_bit',
    'What CVT_ROUND = 1 of OUT_CVT means (0 is half to even)',
    [
      reading('half_up', 'none', 'RK3588 TRM names the bit; vendor-truth.md 3: set in 0 of 1,628 tasks'),
      reading('half_even', 'none', 'vendor-truth.md 3: silent'),
      reading('half_away', 'none', 'vendor-truth.md 3: silent'),
    ],
    { ties: true },
  ),
  fact('relux_limit_position', 'Whether the limit of ReLUx compares after or before the multiplier of its stage', [
    reading('after_mul', 'none', 'order of the stage in the RK3588 TRM; vendor-truth.md 3: no task has both'),
    reading('before_mul', 'none', 'vendor-truth.md 3: silent'),
  ]),
  fact('prelu_positive', 'Whether PReLU shifts the values that it does not multiply, those of 0 and more', [
    reading(
      'shifted',
      'none',
      'RK3588 TRM gives positive data a shift of its own; vendor-truth.md 3: shifts of 0 tell nothing',
    ),
    reading('unshifted', 'none', 'NVDLA passes such values by'),
  ]),
  fact('mul_shift_operand', 'Size of a shift in memory (TRT), after the other operands of its group of 8 channels', [
    reading('int16', 'none', 'RK3588 TRM names the operand and its order; vendor-truth.md 3: never used'),
    reading('int8', 'none', 'vendor-truth.md 3: never used'),
  ]),
];

const operands: readonly Fact[] = [
  fact('bn_operand_packing', "Groups of BN's operands in memory: the enabled ones only, or always 64 bytes", [
    reading('enabled_only', 'vendor', "vendor-truth.md 3: PReLU's alpha alone takes 16 bytes a group"),
    reading('fixed_64', 'none', 'vendor-truth.md 3: contradicted, 6,305 values wrong'),
  ]),
  fact(
    'depthwise_operand_group',
    "Groups of BS's operands (with a multiplier) in depthwise tasks: fixed_48 is A at 0, C at 32; fixed_64 A, B, C",
    [
      reading('enabled_only', 'vendor', 'vendor-truth.md 3: A, B and C are always enabled, 64 bytes'),
      reading('fixed_48', 'none', 'RK3576 boards; vendor-truth.md 3: contradicted, 24,614 values wrong'),
      reading('fixed_64', 'vendor', 'vendor-truth.md 3: the same as enabled_only where all three are enabled'),
    ],
  ),
  fact('int8_flying', 'Whether the second operand of an int8 task without convolution is read, or is 0', [
    reading('supported', 'vendor', 'vendor-truth.md 3: ADD, SUB, MUL and MAX alone'),
    reading('operand_zero', 'none', 'one source reports 0; vendor-truth.md 3: contradicted, 46,075 values wrong'),
  ]),
  fact(
    'ew_cvt_rounding',
    "How EW's operand converter rounds with EW_CVT_ROUND = 0",
    [
      reading('half_even', 'none', `RK3576 boards: ties to even; ${silent}`),
      reading('half_up', 'none', silent),
      reading('truncate', 'none', silent),
    ],
    { ties: true },
  ),
  fact('ew_cvt_scale_sign', "Whether the 16-bit scale of EW's operand converter has a sign", [
    reading(
      'signed16',
      'vendor',
      'vendor-truth.md 2.3: SUB is ADD with a scale of 0x8100 or 0xC000, 4 of 12,800 wrong',
    ),
    reading(
      'unsigned16',
      'none',
      'Mesa writes 15 bits only; vendor-truth.md 2.3: contradicted, 12,742 of 12,800 wrong',
    ),
  ]),
  fact(
    'ew_small_planes',
    'A fused operand with planes under 12 atoms: its addresses follow the strides, or are refused as not known',
    [
      reading('plain', 'vendor', 'vendor-truth.md 3: planes of 2x2, 3x3 and 5x7'),
      reading('refused', 'none', 'Mesa never writes a stride under 12 there'),
    ],
  ),
  fact(
    'ew_shift_rounding',
    'How EW rounds when it shifts a product right',
    shiftRoundings('NVDLA hardware manual, as BS; vendor-truth.md 3: EW_TRUNCATE is always 0', silent),
    { ties: true },
  ),
  fact('ew_register_operand', "Whether EW's operand from registers passes the operand converter", [
    reading(
      'converted',
      'none',
      'RK3588 TRM: operand from configure register; vendor-truth.md 3: only a 0 with the converter bypassed',
    ),
    reading('as_is', 'none', 'vendor-truth.md 3: silent'),
  ]),
  fact(
    'ew_channel_operand',
    "EW's operand per channel: one value for each channel, one after the other, or refused as not known",
    [
      reading('flat', 'vendor', 'vendor-truth.md 3: MUL by 1x1xC and planes of one pixel, 8 bits'),
      reading('refused', 'none', 'no open driver has it'),
    ],
  ),
  fact('ew_unary', 'EW abs and neg: of the main value, without an operand, or refused as not known', [
    reading('main_value', 'none', 'RK3588 TRM: names of the operations; the vendor takes PReLU and weights instead'),
    reading('refused', 'none', 'nobody drives them on integers'),
  ]),
];

const tables: readonly Fact[] = [
  fact('int8_lut', 'Whether the LUT works in int8 tasks as it does in fp16', [
    reading('supported', 'vendor', 'vendor-truth.md 3: sigmoid, hard-swish and ELU exact, alone and fused'),
    reading('refused', 'none', 'boards: fp16 only; RK3576 boards: int8'),
  ]),
  fact(
    'lut_table_choice',
    'Which LUT table answers: LE for values below 0 after BN (or before it), else LO; or by ranges and priority bits',
    [
      reading('sign_after_bn', 'vendor', 'vendor-truth.md 2.4: SiLU within 1, hard-swish exact'),
      reading('ranges', 'vendor', 'vendor-truth.md 2.4: the same in every program; NVDLA hardware manual'),
      reading(
        'sign_before_bn',
        'none',
        'RK3588 boards in fp16; vendor-truth.md 2.4: contradicted, 48 to 50 % wrong behind a ReLU',
      ),
    ],
  ),
  fact('ew_lut_order', 'What EW does first: the LUT, or its operation with the second operand', [
    reading('lut_first', 'vendor', 'vendor-truth.md 2.5: sigmoid is the LUT, then MAX with 0, exact'),
    reading('operation_first', 'none', 'vendor-truth.md 2.5: contradicted, 6,390 of 12,800 wrong'),
  ]),
  fact(
    'lut_rounding',
    'How the LUT rounds between two entries and on its slopes',
    shiftRoundings(
      'NVDLA, as its other integer shifts; vendor-truth.md 3: silent',
      'vendor-truth.md 3: silent (319 values against 369)',
    ),
    { ties: true },
  ),
];

const inputs: readonly Fact[] = [
  fact('direct_pad_lanes', 'Whether direct convolution takes the padding constant by lanes, as depthwise does', [
    reading('byte0', 'vendor', 'vendor-truth.md 3: 3x3 and 5x5/2 behind ReLU, constants 0xFFFFFF80'),
    reading(
      'parity',
      'none',
      "vendor-truth.md 3: contradicted, 3,629 of 19,200 wrong; Mesa's lane words are written for both",
    ),
  ]),
  fact(
    'deconv_gaps',
    'What stands between the inputs of a transposed convolution (CONV_CON1 DECONV): the padding constant, or 0',
    [
      reading('padding_constant', 'vendor', 'vendor-truth.md 5: within 1 of TFLite also for the zero-point -128'),
      reading('zero', 'none', 'name of the mode'),
    ],
  ),
  fact(
    'depthwise_rest_lanes',
    'Lanes a tap that 48 channels behind whole groups of 64 take in depthwise weights: as WEIGHT_SIZE1 has them, or 64',
    [
      reading(
        'as_sized',
        'vendor',
        'vendor-truth.md 2.8: 64 lanes, executed for 40, 48 and 112 channels; Mesa writes 48',
      ),
      reading('whole_64', 'none', 'what the vendor writes, whatever the size says'),
    ],
  ),
  fact(
    'pixel_line_stride',
    'LINE_STRIDE of pixels: their number, and rows begin at multiples of 16 of them; or bytes',
    [
      reading('aligned_pixels', 'vendor', 'vendor-truth.md 2.10: exact for 1, 3 and 4 channels'),
      reading('bytes', 'none', 'Mesa writes one channel, where both are the same'),
    ],
  ),
  fact(
    'pixel_empty_lanes',
    'What stands in the channels of an atom that pixel input of 1 to 4 channels does not fill',
    [
      reading('zero', 'none', "the vendor's and Mesa's weights are 0 there"),
      reading('converted', 'none', 'CVT_CON5 has a bit for each lane'),
    ],
  ),
  fact(
    'group_line_off',
    'Strides of a cube with GROUP_LINE_OFF: lines in atoms, surfaces from the end of the first line; or as without it',
    [
      reading(
        'atoms',
        'vendor',
        'vendor-truth-2.md 1.4: column tiles of four convolutions, 64 of 136,192 not the nearest',
      ),
      reading('as_without', 'none', 'RK3588 TRM: only a matter of speed; vendor-truth-2.md 1.4: contradicted'),
    ],
  ),
  fact(
    'three_atom_rows',
    'CBUF entries that a rest of three atoms takes: a whole one for each pixel, where shorter rows are executed as well (boards ran those of Mesa); three quarters; or whole and nothing shorter',
    [
      reading('whole', 'vendor', 'vendor-truth.md 2.7: 60 of 60 tasks where the readings differ'),
      reading('quarters', 'mesa', 'Mesa writes quarters, but for one special case'),
      reading('whole_only', 'none', 'vendor-truth.md 2.7, taken strictly'),
    ],
    { checked: true },
  ),
  fact(
    'unpooling',
    "Whether the DPU's reader unpools (SRC_DMA_CFG 0x1249): each atom becomes 2 x 2, the rows of a pair are two surfaces",
    [
      reading('supported', 'vendor', 'vendor-truth-2.md 3: nearest-neighbour resizes, 0 of 252,800 wrong'),
      reading(
        'refused',
        'none',
        'no open driver has it for the RK3588; public notes: copies with the bit set and other words wrote zeros there',
      ),
    ],
  ),
  fact(
    'unpooling_channels',
    'DATA_CUBE_CHANNEL of an unpooling task, whose two surfaces hold pairs of bytes: pairs, bytes, or not known',
    [
      reading('either', 'none', 'vendor-truth-2.md 3 gives other words; RK3568 programs say "a surface of 8 channels"'),
      reading('pairs', 'none', 'as fp16 tasks on boards count their lanes: what ours write'),
      reading('bytes', 'none', 'the output is int8'),
    ],
    { checked: true },
  ),
];

const outputs: readonly Fact[] = [
  fact('padding_lanes_written', 'Whether the DPU writes lanes beyond ORIG_CHANNEL (poison: with bytes of no meaning)', [
    reading('poison', 'none', 'vendor-truth.md 3: leans to written, depthwise of 32 channels gets memory for 64'),
    reading('not_written', 'none', 'DATA_CUBE_CHANNEL holds both counts; nobody looked at these lanes'),
  ]),
  fact(
    'padding_surface_overrun',
    'A surface of padding lanes only that lies outside every buffer: an error, or its writes are lost',
    [
      reading('error', 'none', 'vendor-truth.md 3: silent, never overruns'),
      reading('dropped', 'mesa', "Mesa's output buffers are too small for these surfaces, and its models run"),
    ],
    { checked: true },
  ),
  fact('output_notch', 'Whether DATA_CUBE_NOTCH_ADDR adds atoms between output rows', [
    reading('honoured', 'vendor', 'vendor-truth-2.md 1.4 and 3: column tiles and resizes by 2, executed'),
    reading('ignored', 'none', 'every open driver writes 0'),
  ]),
  fact(
    'plane_alignment',
    'Planes that are not a multiple of 4 atoms: written as the strides say, or refused as not known',
    [
      reading('any', 'mesa', 'Mesa writes such planes (7x7)'),
      reading(
        'four_atoms',
        'vendor',
        'vendor-truth.md 2.11: 297 of 297 odd planes are filled to 4 atoms, but one pixel alone',
      ),
    ],
    { checked: true },
  ),
];

const program: readonly Fact[] = [
  fact(
    'register_hold',
    'What a register keeps that a task leaves out: the value of its group (two tasks earlier), or of the task before',
    [
      reading('group', 'vendor', 'vendor-truth.md 3: MobileNetV2 is right'),
      reading('shared', 'none', 'vendor-truth.md 3: contradicted, registers of one task contradict each other'),
    ],
  ),
  fact(
    'pointer_clear',
    'S_POINTER 0x30: the turn of the register groups goes on, or the task and the next one take the first group',
    [
      reading('goes_on', 'none', 'vendor-truth.md 2.12: such tasks write all their registers, so nothing tells'),
      reading('first_group', 'none', 'names of the bits: ping-pong off, both pointers cleared'),
    ],
  ),
  fact(
    'chained_lut_load',
    'Whether a chained task may fill the LUT that a later task reads, while the one before it may still run',
    [
      reading('own_task', 'vendor', 'vendor-truth.md 2.12: loads are tasks of their own inside the chain (69 of them)'),
      reading('refused', 'none', 'RK3588 boards: only while the DPU is idle'),
    ],
    { checked: true },
  ),
];

const pooling: readonly Fact[] = [
  fact(
    'ppu_average',
    'Precision of fp16 average pooling before the result: sums and products in fp32, or each step rounded to fp16',
    [
      reading('float32', 'silicon', 'RK3588 boards: right within the tolerance of an fp16 reciprocal'),
      reading('float16', 'none', 'within the same tolerance'),
    ],
  ),
  fact('ppu_int8', 'Whether the PPU pools int8 cubes', [
    reading('supported', 'vendor', 'vendor-truth.md 2.6: maximum exact, averages 0 of 12,544 off'),
    reading('refused', 'none', 'RK3588 boards read fp16 with the words that were tried (beyond-conv.md 5)'),
  ]),
  fact('ppu_max_padding', 'Whether padding takes part in int8 maximum and minimum pooling', [
    reading(
      'left_out',
      'vendor',
      'vendor-truth.md 2.6: 3x3/2 SAME exact, with a constant of 0 and the zero-point -128',
    ),
    reading('counts', 'none', 'vendor-truth.md 2.6: contradicted, 12 % wrong'),
  ]),
  fact('ppu_int8_rounding', 'How int8 average pooling rounds sum * reciprocal * reciprocal / 2^32', [
    reading('half_away', 'vendor', "vendor-truth.md 2.6: one rounding, 0 of 12,544 off TFLite's values"),
    reading('half_even', 'none', 'vendor-truth.md 2.6: contradicted, 9 to 19 % off'),
    reading('half_up', 'none', 'vendor-truth.md 2.6: contradicted'),
    reading('truncate', 'none', 'vendor-truth.md 2.6: contradicted'),
  ]),
  fact(
    'ppu_only_task',
    'Whether a task without DPU ends under the stock kernel, which waits for the interrupt of the DPU',
    [
      reading(
        'completes',
        'none',
        'two sources report pooling under mainline; vendor-truth-2.md 4: lists end in DPU tasks',
      ),
      reading('times_out', 'none', "the kernel's handler looks at bits 8 and 9 only"),
    ],
    { checked: true },
  ),
];

export const facts: readonly Fact[] = [
  ...stages,
  ...operands,
  ...tables,
  ...inputs,
  ...outputs,
  ...program,
  ...pooling,
];

/** Those among some facts that neither a board nor a shipped compiler has shown; a tie's rounding, at most a count, is none. */
export const unshown = (names: readonly string[]): readonly Fact[] =>
  facts.filter((one) => names.includes(one.name) && !one.ties && !isSeen(one));
