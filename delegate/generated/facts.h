/* Generated from src/hardware/facts.ts by `npm run generate`; do not edit. */
#ifndef PTFE_GENERATED_FACTS_H
#define PTFE_GENERATED_FACTS_H

#include <stdint.h>

/* Behaviours that no source proves; value 0 is the default. */
enum npu_fact {
    NPU_FACT_BS_SHIFT_ROUNDING,
    NPU_FACT_BN_SHIFT_ROUNDING,
    NPU_FACT_BN_ORDER,
    NPU_FACT_MUL_PRODUCT_WIDTH,
    NPU_FACT_ZERO_MULTIPLIER,
    NPU_FACT_CVT_ROUND_BIT,
    NPU_FACT_RELUX_LIMIT_POSITION,
    NPU_FACT_PRELU_POSITIVE,
    NPU_FACT_MUL_SHIFT_OPERAND,
    NPU_FACT_BN_OPERAND_PACKING,
    NPU_FACT_DEPTHWISE_OPERAND_GROUP,
    NPU_FACT_INT8_FLYING,
    NPU_FACT_EW_CVT_ROUNDING,
    NPU_FACT_EW_CVT_SCALE_SIGN,
    NPU_FACT_EW_SMALL_PLANES,
    NPU_FACT_EW_SHIFT_ROUNDING,
    NPU_FACT_EW_REGISTER_OPERAND,
    NPU_FACT_EW_CHANNEL_OPERAND,
    NPU_FACT_EW_UNARY,
    NPU_FACT_INT8_LUT,
    NPU_FACT_LUT_TABLE_CHOICE,
    NPU_FACT_EW_LUT_ORDER,
    NPU_FACT_LUT_ROUNDING,
    NPU_FACT_DIRECT_PAD_LANES,
    NPU_FACT_DECONV_GAPS,
    NPU_FACT_DEPTHWISE_REST_LANES,
    NPU_FACT_PIXEL_LINE_STRIDE,
    NPU_FACT_PIXEL_EMPTY_LANES,
    NPU_FACT_GROUP_LINE_OFF,
    NPU_FACT_THREE_ATOM_ROWS,
    NPU_FACT_UNPOOLING,
    NPU_FACT_UNPOOLING_CHANNELS,
    NPU_FACT_PADDING_LANES_WRITTEN,
    NPU_FACT_PADDING_SURFACE_OVERRUN,
    NPU_FACT_OUTPUT_NOTCH,
    NPU_FACT_PLANE_ALIGNMENT,
    NPU_FACT_REGISTER_HOLD,
    NPU_FACT_POINTER_CLEAR,
    NPU_FACT_CHAINED_LUT_LOAD,
    NPU_FACT_PPU_AVERAGE,
    NPU_FACT_PPU_INT8,
    NPU_FACT_PPU_MAX_PADDING,
    NPU_FACT_PPU_INT8_ROUNDING,
    NPU_FACT_PPU_ONLY_TASK,
    NPU_FACT_COUNT
};

/* How BS rounds when it shifts a product right (truncate: towards minus infinity). */
enum { NPU_BS_SHIFT_ROUNDING_HALF_AWAY, NPU_BS_SHIFT_ROUNDING_HALF_EVEN, NPU_BS_SHIFT_ROUNDING_HALF_UP, NPU_BS_SHIFT_ROUNDING_TRUNCATE };

/* How BN rounds when it shifts a sum right. */
enum { NPU_BN_SHIFT_ROUNDING_HALF_AWAY, NPU_BN_SHIFT_ROUNDING_HALF_EVEN, NPU_BN_SHIFT_ROUNDING_HALF_UP, NPU_BN_SHIFT_ROUNDING_TRUNCATE };

/* What BN does: x * mul + add, then the shift; or (x + add) * mul, then the shift, as BS. */
enum { NPU_BN_ORDER_MULTIPLY_ADD, NPU_BN_ORDER_ADD_MULTIPLY };

/* Width of a BS, BN or EW product before its shift. */
enum { NPU_MUL_PRODUCT_WIDTH_WIDE, NPU_MUL_PRODUCT_WIDTH_INT32 };

/* A multiplier of 0 among the operands in memory: a plain 0, or an error. */
enum { NPU_ZERO_MULTIPLIER_PLAIN, NPU_ZERO_MULTIPLIER_ERROR };

/* What CVT_ROUND = 1 of OUT_CVT means (0 is half to even). */
enum { NPU_CVT_ROUND_BIT_HALF_UP, NPU_CVT_ROUND_BIT_HALF_EVEN, NPU_CVT_ROUND_BIT_HALF_AWAY };

/* Whether the limit of ReLUx compares after or before the multiplier of its stage. */
enum { NPU_RELUX_LIMIT_POSITION_AFTER_MUL, NPU_RELUX_LIMIT_POSITION_BEFORE_MUL };

/* Whether PReLU shifts the values that it does not multiply, those of 0 and more. */
enum { NPU_PRELU_POSITIVE_SHIFTED, NPU_PRELU_POSITIVE_UNSHIFTED };

/* Size of a shift in memory (TRT), after the other operands of its group of 8 channels. */
enum { NPU_MUL_SHIFT_OPERAND_INT16, NPU_MUL_SHIFT_OPERAND_INT8 };

/* Groups of BN's operands in memory: the enabled ones only, or always 64 bytes. */
enum { NPU_BN_OPERAND_PACKING_ENABLED_ONLY, NPU_BN_OPERAND_PACKING_FIXED_64 };

/* Groups of BS's operands (with a multiplier) in depthwise tasks: fixed_48 is A at 0, C at 32; fixed_64 A, B, C. */
enum { NPU_DEPTHWISE_OPERAND_GROUP_ENABLED_ONLY, NPU_DEPTHWISE_OPERAND_GROUP_FIXED_48, NPU_DEPTHWISE_OPERAND_GROUP_FIXED_64 };

/* Whether the second operand of an int8 task without convolution is read, or is 0. */
enum { NPU_INT8_FLYING_SUPPORTED, NPU_INT8_FLYING_OPERAND_ZERO };

/* How EW's operand converter rounds with EW_CVT_ROUND = 0. */
enum { NPU_EW_CVT_ROUNDING_HALF_EVEN, NPU_EW_CVT_ROUNDING_HALF_UP, NPU_EW_CVT_ROUNDING_TRUNCATE };

/* Whether the 16-bit scale of EW's operand converter has a sign. */
enum { NPU_EW_CVT_SCALE_SIGN_SIGNED16, NPU_EW_CVT_SCALE_SIGN_UNSIGNED16 };

/* A fused operand with planes under 12 atoms: its addresses follow the strides, or are refused as not known. */
enum { NPU_EW_SMALL_PLANES_PLAIN, NPU_EW_SMALL_PLANES_REFUSED };

/* How EW rounds when it shifts a product right. */
enum { NPU_EW_SHIFT_ROUNDING_HALF_AWAY, NPU_EW_SHIFT_ROUNDING_HALF_EVEN, NPU_EW_SHIFT_ROUNDING_HALF_UP, NPU_EW_SHIFT_ROUNDING_TRUNCATE };

/* Whether EW's operand from registers passes the operand converter. */
enum { NPU_EW_REGISTER_OPERAND_CONVERTED, NPU_EW_REGISTER_OPERAND_AS_IS };

/* EW's operand per channel: one value for each channel, one after the other, or refused as not known. */
enum { NPU_EW_CHANNEL_OPERAND_FLAT, NPU_EW_CHANNEL_OPERAND_REFUSED };

/* EW abs and neg: of the main value, without an operand, or refused as not known. */
enum { NPU_EW_UNARY_MAIN_VALUE, NPU_EW_UNARY_REFUSED };

/* Whether the LUT works in int8 tasks as it does in fp16. */
enum { NPU_INT8_LUT_SUPPORTED, NPU_INT8_LUT_REFUSED };

/* Which LUT table answers: LE for values below 0 after BN (or before it), else LO; or by ranges and priority bits. */
enum { NPU_LUT_TABLE_CHOICE_SIGN_AFTER_BN, NPU_LUT_TABLE_CHOICE_RANGES, NPU_LUT_TABLE_CHOICE_SIGN_BEFORE_BN };

/* What EW does first: the LUT, or its operation with the second operand. */
enum { NPU_EW_LUT_ORDER_LUT_FIRST, NPU_EW_LUT_ORDER_OPERATION_FIRST };

/* How the LUT rounds between two entries and on its slopes. */
enum { NPU_LUT_ROUNDING_HALF_AWAY, NPU_LUT_ROUNDING_HALF_EVEN, NPU_LUT_ROUNDING_HALF_UP, NPU_LUT_ROUNDING_TRUNCATE };

/* Whether direct convolution takes the padding constant by lanes, as depthwise does. */
enum { NPU_DIRECT_PAD_LANES_BYTE0, NPU_DIRECT_PAD_LANES_PARITY };

/* What stands between the inputs of a transposed convolution (CONV_CON1 DECONV): the padding constant, or 0. */
enum { NPU_DECONV_GAPS_PADDING_CONSTANT, NPU_DECONV_GAPS_ZERO };

/* Lanes a tap that 48 channels behind whole groups of 64 take in depthwise weights: as WEIGHT_SIZE1 has them, or 64. */
enum { NPU_DEPTHWISE_REST_LANES_AS_SIZED, NPU_DEPTHWISE_REST_LANES_WHOLE_64 };

/* LINE_STRIDE of pixels: their number, and rows begin at multiples of 16 of them; or bytes. */
enum { NPU_PIXEL_LINE_STRIDE_ALIGNED_PIXELS, NPU_PIXEL_LINE_STRIDE_BYTES };

/* What stands in the channels of an atom that pixel input of 1 to 4 channels does not fill. */
enum { NPU_PIXEL_EMPTY_LANES_ZERO, NPU_PIXEL_EMPTY_LANES_CONVERTED };

/* Strides of a cube with GROUP_LINE_OFF: lines in atoms, surfaces from the end of the first line; or as without it. */
enum { NPU_GROUP_LINE_OFF_ATOMS, NPU_GROUP_LINE_OFF_AS_WITHOUT };

/* CBUF entries that a rest of three atoms takes: a whole one for each pixel, where shorter rows are executed as well (boards ran those of Mesa); three quarters; or whole and nothing shorter. */
enum { NPU_THREE_ATOM_ROWS_WHOLE, NPU_THREE_ATOM_ROWS_QUARTERS, NPU_THREE_ATOM_ROWS_WHOLE_ONLY };

/* Whether the DPU's reader unpools (SRC_DMA_CFG 0x1249): each atom becomes 2 x 2, the rows of a pair are two surfaces. */
enum { NPU_UNPOOLING_SUPPORTED, NPU_UNPOOLING_REFUSED };

/* DATA_CUBE_CHANNEL of an unpooling task, whose two surfaces hold pairs of bytes: pairs, bytes, or not known. */
enum { NPU_UNPOOLING_CHANNELS_EITHER, NPU_UNPOOLING_CHANNELS_PAIRS, NPU_UNPOOLING_CHANNELS_BYTES };

/* Whether the DPU writes lanes beyond ORIG_CHANNEL (poison: with bytes of no meaning). */
enum { NPU_PADDING_LANES_WRITTEN_POISON, NPU_PADDING_LANES_WRITTEN_NOT_WRITTEN };

/* A surface of padding lanes only that lies outside every buffer: an error, or its writes are lost. */
enum { NPU_PADDING_SURFACE_OVERRUN_ERROR, NPU_PADDING_SURFACE_OVERRUN_DROPPED };

/* Whether DATA_CUBE_NOTCH_ADDR adds atoms between output rows. */
enum { NPU_OUTPUT_NOTCH_HONOURED, NPU_OUTPUT_NOTCH_IGNORED };

/* Planes that are not a multiple of 4 atoms: written as the strides say, or refused as not known. */
enum { NPU_PLANE_ALIGNMENT_ANY, NPU_PLANE_ALIGNMENT_FOUR_ATOMS };

/* What a register keeps that a task leaves out: the value of its group (two tasks earlier), or of the task before. */
enum { NPU_REGISTER_HOLD_GROUP, NPU_REGISTER_HOLD_SHARED };

/* S_POINTER 0x30: the turn of the register groups goes on, or the task and the next one take the first group. */
enum { NPU_POINTER_CLEAR_GOES_ON, NPU_POINTER_CLEAR_FIRST_GROUP };

/* Whether a chained task may fill the LUT that a later task reads, while the one before it may still run. */
enum { NPU_CHAINED_LUT_LOAD_OWN_TASK, NPU_CHAINED_LUT_LOAD_REFUSED };

/* Precision of fp16 average pooling before the result: sums and products in fp32, or each step rounded to fp16. */
enum { NPU_PPU_AVERAGE_FLOAT32, NPU_PPU_AVERAGE_FLOAT16 };

/* Whether the PPU pools int8 cubes. */
enum { NPU_PPU_INT8_SUPPORTED, NPU_PPU_INT8_REFUSED };

/* Whether padding takes part in int8 maximum and minimum pooling. */
enum { NPU_PPU_MAX_PADDING_LEFT_OUT, NPU_PPU_MAX_PADDING_COUNTS };

/* How int8 average pooling rounds sum * reciprocal * reciprocal / 2^32. */
enum { NPU_PPU_INT8_ROUNDING_HALF_AWAY, NPU_PPU_INT8_ROUNDING_HALF_EVEN, NPU_PPU_INT8_ROUNDING_HALF_UP, NPU_PPU_INT8_ROUNDING_TRUNCATE };

/* Whether a task without DPU ends under the stock kernel, which waits for the interrupt of the DPU. */
enum { NPU_PPU_ONLY_TASK_COMPLETES, NPU_PPU_ONLY_TASK_TIMES_OUT };

#define NPU_FACT_MAX_VALUES 4

typedef struct npu_fact_info {
    const char *name;
    uint8_t count;
    const char *values[NPU_FACT_MAX_VALUES];
} npu_fact_info;

static const npu_fact_info npu_facts[NPU_FACT_COUNT] = {
    {"bs_shift_rounding", 4, {"half_away", "half_even", "half_up", "truncate"}},
    {"bn_shift_rounding", 4, {"half_away", "half_even", "half_up", "truncate"}},
    {"bn_order", 2, {"multiply_add", "add_multiply"}},
    {"mul_product_width", 2, {"wide", "int32"}},
    {"zero_multiplier", 2, {"plain", "error"}},
    {"cvt_round_bit", 3, {"half_up", "half_even", "half_away"}},
    {"relux_limit_position", 2, {"after_mul", "before_mul"}},
    {"prelu_positive", 2, {"shifted", "unshifted"}},
    {"mul_shift_operand", 2, {"int16", "int8"}},
    {"bn_operand_packing", 2, {"enabled_only", "fixed_64"}},
    {"depthwise_operand_group", 3, {"enabled_only", "fixed_48", "fixed_64"}},
    {"int8_flying", 2, {"supported", "operand_zero"}},
    {"ew_cvt_rounding", 3, {"half_even", "half_up", "truncate"}},
    {"ew_cvt_scale_sign", 2, {"signed16", "unsigned16"}},
    {"ew_small_planes", 2, {"plain", "refused"}},
    {"ew_shift_rounding", 4, {"half_away", "half_even", "half_up", "truncate"}},
    {"ew_register_operand", 2, {"converted", "as_is"}},
    {"ew_channel_operand", 2, {"flat", "refused"}},
    {"ew_unary", 2, {"main_value", "refused"}},
    {"int8_lut", 2, {"supported", "refused"}},
    {"lut_table_choice", 3, {"sign_after_bn", "ranges", "sign_before_bn"}},
    {"ew_lut_order", 2, {"lut_first", "operation_first"}},
    {"lut_rounding", 4, {"half_away", "half_even", "half_up", "truncate"}},
    {"direct_pad_lanes", 2, {"byte0", "parity"}},
    {"deconv_gaps", 2, {"padding_constant", "zero"}},
    {"depthwise_rest_lanes", 2, {"as_sized", "whole_64"}},
    {"pixel_line_stride", 2, {"aligned_pixels", "bytes"}},
    {"pixel_empty_lanes", 2, {"zero", "converted"}},
    {"group_line_off", 2, {"atoms", "as_without"}},
    {"three_atom_rows", 3, {"whole", "quarters", "whole_only"}},
    {"unpooling", 2, {"supported", "refused"}},
    {"unpooling_channels", 3, {"either", "pairs", "bytes"}},
    {"padding_lanes_written", 2, {"poison", "not_written"}},
    {"padding_surface_overrun", 2, {"error", "dropped"}},
    {"output_notch", 2, {"honoured", "ignored"}},
    {"plane_alignment", 2, {"any", "four_atoms"}},
    {"register_hold", 2, {"group", "shared"}},
    {"pointer_clear", 2, {"goes_on", "first_group"}},
    {"chained_lut_load", 2, {"own_task", "refused"}},
    {"ppu_average", 2, {"float32", "float16"}},
    {"ppu_int8", 2, {"supported", "refused"}},
    {"ppu_max_padding", 2, {"left_out", "counts"}},
    {"ppu_int8_rounding", 4, {"half_away", "half_even", "half_up", "truncate"}},
    {"ppu_only_task", 2, {"completes", "times_out"}},
};

#endif
