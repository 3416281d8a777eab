/**
 * The facts that a task's registers rest on, read from its words: what would come out otherwise, or be refused, under
 * another reading. Independent of what the compiler says of its operations.
 */
import type { AnyBlock } from '../hardware/registers.js';

/** A field's value in the registers that a task executes: 0 where nobody wrote it. */
export type FieldOf = (block: AnyBlock, register: string, field: string) => number;

export interface TaskWords {
  readonly field: FieldOf;
  /** Blocks that the task starts. */
  readonly blocks: ReadonlySet<string>;
  /** Registers that it executes and that an earlier task wrote. */
  readonly held: boolean;
}

const when = (holds: boolean, ...names: readonly string[]): readonly string[] => (holds ? names : []);

interface Stage {
  readonly adds: boolean;
  readonly multiplies: boolean;
  readonly shifts: boolean;
  readonly prelu: boolean;
  readonly limited: boolean;
  readonly shiftOperand: boolean;
}

const idle: Stage = {
  adds: false,
  multiplies: false,
  shifts: false,
  prelu: false,
  limited: false,
  shiftOperand: false,
};

const stageOf = (field: FieldOf, name: 'BS' | 'BN'): Stage => {
  const cfg = (part: string): number => field('DPU', `${name}_CFG`, `${name}_${part}`);
  const mul = (part: string): number => field('DPU', `${name}_MUL_CFG`, `${name}_${part}`);
  if (cfg('BYPASS') !== 0) return idle;
  const multiplies = cfg('MUL_BYPASS') === 0;
  const negative = field('DPU', 'DATA_FORMAT', `${name}_MUL_SHIFT_VALUE_NEG`);
  const adds = cfg('ALU_SRC') !== 0 || field('DPU', `${name}_ALU_CFG`, `${name}_ALU_OPERAND`) !== 0;
  return {
    adds: cfg('ALU_BYPASS') === 0 && adds,
    multiplies,
    shifts: multiplies && (mul('MUL_SHIFT_VALUE') !== 0 || negative !== 0 || mul('TRUNCATE_SRC') !== 0),
    prelu: multiplies && cfg('MUL_PRELU') !== 0 && mul('MUL_SHIFT_VALUE') !== 0,
    limited: multiplies && cfg('RELUX_EN') !== 0,
    shiftOperand: multiplies && mul('TRUNCATE_SRC') !== 0,
  };
};

const scaleFacts = (field: FieldOf): readonly string[] => {
  const [bs, bn] = [stageOf(field, 'BS'), stageOf(field, 'BN')];
  const norm = field('DPU_RDMA', 'RDMA_NRDMA_CFG', 'NRDMA_DATA_USE');
  const depthwise = field('CNA', 'CONV_CON1', 'CONV_MODE') === 3;
  return [
    ...when(bs.shifts, 'bs_shift_rounding'),
    ...when(bn.shifts, 'bn_shift_rounding'),
    ...when(bn.adds && bn.multiplies, 'bn_order'),
    ...when(bs.multiplies || bn.multiplies, 'mul_product_width'),
    ...when(bs.limited || bn.limited, 'relux_limit_position'),
    ...when(bs.prelu || bn.prelu, 'prelu_positive'),
    ...when(bs.shiftOperand || bn.shiftOperand, 'mul_shift_operand'),
    ...when(norm !== 0 && norm !== 7, 'bn_operand_packing'),
    ...when(depthwise && field('DPU_RDMA', 'RDMA_BRDMA_CFG', 'BRDMA_DATA_USE') >= 4, 'depthwise_operand_group'),
  ];
};

const sourceFacts = (field: FieldOf, flying: boolean): readonly string[] => {
  const ew = (part: string): number => field('DPU', 'EW_CFG', part);
  const algorithm = ew('EW_ALU_ALGO');
  const unary = ew('EW_OP_TYPE') === 0 && (algorithm === 5 || algorithm === 6);
  if (unary) return ['ew_unary'];
  const memory = ew('EW_OP_SRC') !== 0;
  const plane = memory && ew('EW_DATA_MODE') === 1;
  const converts = ew('EW_OP_CVT_BYPASS') === 0;
  const shifted = field('DPU', 'EW_CVT_SCALE_VALUE', 'EW_OP_CVT_SHIFT') !== 0;
  const small = field('DPU_RDMA', 'RDMA_EW_SURF_STRIDE', 'EW_SURF_STRIDE') < 12;
  return [
    ...when(flying && plane, 'int8_flying'),
    ...when(!flying && plane && small, 'ew_small_planes'),
    ...when(memory && !plane, 'ew_channel_operand'),
    ...when(!memory && converts, 'ew_register_operand'),
    ...when(converts && shifted, ew('EW_CVT_ROUND') === 0 ? 'ew_cvt_rounding' : 'cvt_round_bit'),
    ...when(converts && field('DPU', 'EW_CVT_SCALE_VALUE', 'EW_OP_CVT_SCALE') >= 0x8000, 'ew_cvt_scale_sign'),
  ];
};

const elementwiseFacts = (field: FieldOf, flying: boolean): readonly string[] => {
  const ew = (part: string): number => field('DPU', 'EW_CFG', part);
  if (ew('EW_BYPASS') !== 0) return [];
  const [operates, looks] = [ew('EW_OP_BYPASS') === 0, ew('EW_LUT_BYPASS') === 0];
  const multiplies = operates && ew('EW_OP_TYPE') !== 0;
  const positive = field('DPU', 'EW_CVT_SCALE_VALUE', 'EW_TRUNCATE') !== 0;
  const shifts = positive || field('DPU', 'DATA_FORMAT', 'EW_TRUNCATE_NEG') !== 0;
  return [
    ...(operates ? sourceFacts(field, flying) : []),
    ...when(multiplies, 'mul_product_width'),
    ...when(multiplies && shifts, 'ew_shift_rounding'),
    ...when(multiplies && positive && ew('EW_MUL_PRELU') !== 0, 'prelu_positive'),
    ...when(looks, 'int8_lut', 'lut_table_choice', 'lut_rounding'),
    ...when(looks && operates, 'ew_lut_order'),
  ];
};

const inputFacts = (field: FieldOf): readonly string[] => {
  const con = (part: string): number => field('CNA', 'CONV_CON1', part);
  const [depthwise, pixels] = [con('CONV_MODE') === 3, con('ARGB_IN') !== 0];
  const channels = field('CNA', 'DATA_SIZE1', 'DATAIN_CHANNEL');
  const constant = field('CNA', 'PAD_CON1', 'PAD_VALUE');
  const lanes = (constant & 255) !== ((constant >>> 8) & 255);
  const entries = field('CNA', 'CBUF_CON1', 'DATA_ENTRIES');
  const width = field('CNA', 'DATA_SIZE0', 'DATAIN_WIDTH');
  const whole = Math.floor(channels / 64) * width + width;
  return [
    ...when(!depthwise && lanes && hasPadding(field), 'direct_pad_lanes'),
    ...when(con('DECONV') !== 0 && (constant & 255) !== 0, 'deconv_gaps'),
    ...when(depthwise && channels % 64 === 48, 'depthwise_rest_lanes'),
    ...when(pixels, 'pixel_line_stride', 'pixel_empty_lanes'),
    ...when(!pixels && con('GROUP_LINE_OFF') !== 0, 'group_line_off'),
    ...when(!pixels && channels % 64 === 48 && entries < whole, 'three_atom_rows'),
  ];
};

/** Whether any window reaches beyond the input. */
const hasPadding = (field: FieldOf): boolean => {
  const size = (register: string, part: string): number => field('CNA', register, part);
  const [left, top] = [size('PAD_CON0', 'PAD_LEFT'), size('PAD_CON0', 'PAD_TOP')];
  if (left > 0 || top > 0) return true;
  const outWidth = size('DATA_SIZE2', 'DATAOUT_WIDTH');
  const outHeight = size('DATA_SIZE3', 'DATAOUT_ATOMICS') / outWidth;
  const reach = (out: number, stride: string, kernel: string, dilation: string): number =>
    (out - 1) * size('CONV_CON3', stride) + (size('WEIGHT_SIZE2', kernel) - 1) * (size('CONV_CON3', dilation) + 1) + 1;
  return (
    reach(outWidth, 'CONV_X_STRIDE', 'WEIGHT_WIDTH', 'ATROUS_X_DILATION') > size('DATA_SIZE0', 'DATAIN_WIDTH') ||
    reach(outHeight, 'CONV_Y_STRIDE', 'WEIGHT_HEIGHT', 'ATROUS_Y_DILATION') > size('DATA_SIZE0', 'DATAIN_HEIGHT')
  );
};

const poolingFacts = (field: FieldOf): readonly string[] => {
  const average = field('PPU', 'OPERATION_MODE_CFG', 'POOLING_METHOD') === 0;
  const int8 = field('PPU', 'DATA_FORMAT', 'PROC_PRECISION') === 0;
  const padded = ['PAD_LEFT', 'PAD_TOP', 'PAD_RIGHT', 'PAD_BOTTOM'].some(
    (side) => field('PPU', 'POOLING_PADDING_CFG', side) !== 0,
  );
  return [
    'ppu_only_task',
    ...when(int8, 'ppu_int8'),
    ...when(int8 && average, 'ppu_int8_rounding'),
    ...when(int8 && !average && padded, 'ppu_max_padding'),
    ...when(!int8 && average, 'ppu_average'),
  ];
};

/** Names of hardware/facts.ts. */
export const taskFacts = ({ field, blocks, held }: TaskWords): readonly string[] => {
  if (blocks.has('PPU')) return poolingFacts(field);
  const convolution = blocks.has('CNA');
  const outShift = field('DPU', 'OUT_CVT_SHIFT', 'OUT_CVT_SHIFT') !== 0;
  const plane = field('DPU', 'DST_SURF_STRIDE', 'DST_SURF_STRIDE');
  return [
    ...new Set([
      ...(convolution ? inputFacts(field) : []),
      ...scaleFacts(field),
      ...elementwiseFacts(field, !convolution),
      ...when(outShift && field('DPU', 'OUT_CVT_SHIFT', 'CVT_ROUND') !== 0, 'cvt_round_bit'),
      ...when(
        field('DPU_RDMA', 'RDMA_SRC_DMA_CFG', 'UNPOOLING_EN') !== 0 && !convolution,
        'unpooling',
        'unpooling_channels',
      ),
      ...when(field('DPU', 'DATA_CUBE_NOTCH_ADDR', 'NOTCH_ADDR_0') !== 0, 'output_notch'),
      ...when(plane % 4 !== 0 && plane !== 1, 'plane_alignment'),
      ...when(held, 'register_hold'),
    ]),
  ];
};

/** Values that the task writes. */
export const taskValues = ({ field, blocks }: TaskWords): number => {
  const cube = (block: 'PPU' | 'DPU', ...sizes: readonly (readonly [string, string])[]): number =>
    sizes.reduce((product, [register, name]) => product * (field(block, register, name) + 1), 1);
  return blocks.has('PPU')
    ? cube(
        'PPU',
        ['DATA_CUBE_OUT_WIDTH', 'CUBE_OUT_WIDTH'],
        ['DATA_CUBE_OUT_HEIGHT', 'CUBE_OUT_HEIGHT'],
        ['DATA_CUBE_OUT_CHANNEL', 'CUBE_OUT_CHANNEL'],
      )
    : cube('DPU', ['DATA_CUBE_WIDTH', 'WIDTH'], ['DATA_CUBE_HEIGHT', 'HEIGHT'], ['DATA_CUBE_CHANNEL', 'ORIG_CHANNEL']);
};
