/* DPU: BS -> BN -> EW -> OUT_CVT, and the write DMA. */
#ifndef PTFE_NPU_DPU_H
#define PTFE_NPU_DPU_H

#include "cna.h"
#include "lut.h"
#include "rounding.h"

/* BS: ((x + add) * mul) >> shift; BN: (x * mul + add) >> shift; then ReLU and its limit. */
typedef struct npu_scale_stage {
    int add; /* 0 bypassed, 1 add, -1 subtract */
    bool add_memory, mul, mul_memory, shift_memory;
    bool mul_first;      /* the addend is added to the product; never without both */
    bool prelu;          /* values below 0 are multiplied, the others not */
    bool prelu_shifts;   /* ... but shifted */
    int32_t add_scalar;
    int16_t mul_scalar;
    unsigned shift, shift_negative; /* for products >= 0, for negative ones */
    enum npu_rounding rounding;
    bool product32;    /* saturate the product to int32 before the shift */
    bool relu, limited;
    bool limit_first;  /* the limit compares before the multiplier */
    int32_t limit;
} npu_scale_stage;

enum npu_ew_operation {
    NPU_EW_NONE,
    NPU_EW_MAX,
    NPU_EW_MIN,
    NPU_EW_ADD,
    NPU_EW_SUBTRACT,
    NPU_EW_ABS,
    NPU_EW_NEGATE,
    NPU_EW_MULTIPLY
};

/* Where EW's operand comes from: a byte for each value, a number for each channel, or registers. */
enum npu_ew_source { NPU_EW_NOTHING, NPU_EW_PLANE, NPU_EW_CHANNEL, NPU_EW_REGISTER };

typedef struct npu_ew_stage {
    enum npu_ew_operation operation;
    enum npu_ew_source source;
    unsigned channel_bytes; /* of an operand for each channel */
    int32_t scalar;         /* from registers */
    bool convert, add_first, operand_zero;
    int32_t offset, scale;
    unsigned shift;
    enum npu_rounding rounding;
    /* Multiplication. */
    unsigned product_shift, product_shift_negative;
    enum npu_rounding product_rounding;
    bool product32, prelu, prelu_shifts;
    npu_lut_stage lut;
    bool lut_last; /* the operation comes before the LUT */
    bool relu, limited;
    int32_t limit;
} npu_ew_stage;

typedef struct npu_out_stage {
    int32_t offset;
    int16_t scale;
    unsigned shift;
    bool add_first;
    enum npu_rounding rounding;
} npu_out_stage;

typedef struct npu_dpu {
    bool flying; /* main input from memory, not from CORE */
    bool depthwise;
    uint32_t width, height;
    uint32_t channels; /* written, padding lanes included */
    uint32_t real;
    uint32_t size_e; /* how many surfaces more than one the writer takes at a time */
    npu_scale_stage bs, bn;
    npu_ew_stage ew;
    npu_out_stage out;
    bool offset_weights, offset_memory; /* "OW": a value added to every weight */
    int16_t weight_offset;
    npu_extent output;       /* of the surfaces that are written */
    uint32_t surfaces;       /* written */
    int64_t surface_bytes, row_bytes;
    bool poison;             /* padding lanes are written */
} npu_dpu;

#define NPU_POISON 0xa5u

/* `lut`: the tables as they stand when the task starts, or NULL. */
int npu_dpu_decode(const npu_decoder *decoder, bool flying, const npu_lut *lut, npu_dpu *dpu);

/* EW's part of it (dpu_ew.c). */
int npu_ew_decode(const npu_decoder *decoder, bool flying, const npu_lut *lut, npu_ew_stage *ew);

/* How CVT_ROUND and its like round: 0 to even (silicon, TRM), 1 by fact. */
enum npu_rounding npu_cvt_rounding(const npu_decoder *decoder, uint32_t bit);

/* Operands of the 16 channels of a surface. */
typedef struct npu_lanes {
    int32_t bs_add[NPU_ATOM], bn_add[NPU_ATOM];
    int16_t bs_mul[NPU_ATOM], bn_mul[NPU_ATOM];
    uint8_t bs_shift[NPU_ATOM], bn_shift[NPU_ATOM]; /* only where shifts come from memory */
    int32_t ew[NPU_ATOM];                           /* only where EW's operand is none of a plane */
} npu_lanes;

/* EW's operand after its converter. */
int32_t npu_ew_operand(const npu_ew_stage *ew, int32_t operand);

/* The reference: one value through all stages; `operand` is EW's. */
int8_t npu_dpu_value(const npu_dpu *dpu, const npu_lanes *lanes, uint32_t lane, int32_t value, int8_t operand);

/* Writes `count` atoms from position `first` of a surface's plane; lanes beyond the real channels as poison or not at all. */
void npu_dpu_write(const npu_dpu *dpu, uint32_t surface, size_t first, size_t count, const uint8_t *atoms);

/* Writes a surface that has padding lanes only. */
void npu_dpu_write_padding(const npu_dpu *dpu, uint32_t surface);

#endif
