/* LUT: two tables of 513 entries, the port that fills them, and the stage that reads them. */
#ifndef PTFE_NPU_LUT_H
#define PTFE_NPU_LUT_H

#include "decode.h"
#include "rounding.h"

#define NPU_LUT_ENTRIES 513u /* 512 intervals */

enum { NPU_LUT_LE, NPU_LUT_LO };

typedef struct npu_lut {
    int16_t entries[2][NPU_LUT_ENTRIES];
    bool written[2][NPU_LUT_ENTRIES]; /* what stands in the others after a start of the chip nobody knows */
} npu_lut;

/* LUT_ACCESS_CFG and LUT_ACCESS_DATA. */
typedef struct npu_lut_port {
    bool writes;     /* the last access register asked for writing */
    bool contiguous; /* no other register was written since */
    uint32_t table, address;
} npu_lut_port;

void npu_lut_port_open(npu_lut_port *port, uint32_t access);

/* Writes the next entry; -1 when it is not there. */
int npu_lut_port_write(npu_lut_port *port, npu_lut *lut, uint32_t data);

typedef struct npu_lut_stage {
    const npu_lut *tables; /* NULL: bypassed */
    bool by_ranges;        /* tables are chosen by ranges and priorities, else by a sign */
    bool by_sign_before_bn; /* ... of the value before BN, else after it */
    unsigned under, over, both; /* the tables that those priorities name */
    int64_t start[2], end[2];
    unsigned select[2]; /* log2 of a step */
    int32_t slope_under[2], slope_over[2];
    unsigned shift_under[2], shift_over[2];
    enum npu_rounding rounding;
} npu_lut_stage;

/* `tables`: as they stand when the task starts; NULL when nobody filled them. */
int npu_lut_decode(const npu_decoder *decoder, const npu_lut *tables, npu_lut_stage *stage);

/* `sign`: the value whose sign chooses the table, where ranges do not. */
int32_t npu_lut_value(const npu_lut_stage *stage, int32_t sign, int32_t value);

#endif
