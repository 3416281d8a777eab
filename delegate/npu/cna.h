/* CNA: feature and weight DMA, padding, window geometry. */
#ifndef PTFE_NPU_CNA_H
#define PTFE_NPU_CNA_H

#include "decode.h"

#define NPU_ATOM 16u             /* channels in an atom, bytes */
#define NPU_KERNEL_GROUP 32u     /* kernels in a weight group */
#define NPU_CHANNEL_GROUP 32u    /* channels in a weight group, direct */
#define NPU_DEPTHWISE_GROUP 64u  /* channels in a weight group, depthwise */

typedef struct npu_cna {
    bool depthwise;
    bool pad_parity; /* padding bytes go by channel parity */
    int8_t pad[2];
    uint32_t stride_x, stride_y, dilation_x, dilation_y;
    uint32_t in_width, in_height;
    uint32_t channels; /* padded to atoms */
    uint32_t pad_left, pad_top;
    uint32_t kernel_width, kernel_height;
    uint32_t kernels;
    uint32_t kernel_bytes;
    uint32_t out_width, out_height;
    uint32_t data_banks, weight_banks, entries;
    bool weight_reuse;
    int64_t line_bytes, surface_bytes;
    npu_extent features;
    npu_extent weights;
} npu_cna;

int npu_cna_decode(const npu_decoder *decoder, npu_cna *cna);

/* What stands at channel c of input position (x, y), which may be padding. */
int8_t npu_cna_feature(const npu_cna *cna, uint32_t channel, int64_t y, int64_t x);

/* The padding constant of a channel. */
int8_t npu_cna_padding(const npu_cna *cna, uint32_t channel);

/* Place of a weight in the weight stream; for depthwise `kernel` is not used. */
size_t npu_cna_weight_index(const npu_cna *cna, uint32_t kernel, uint32_t channel, uint32_t tap);

/* Input positions that all windows together cover, padding included. */
uint32_t npu_cna_window_width(const npu_cna *cna);
uint32_t npu_cna_window_height(const npu_cna *cna);

#endif
