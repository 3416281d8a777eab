/* CNA: feature and weight DMA, padding, window geometry. */
#ifndef PTFE_NPU_CNA_H
#define PTFE_NPU_CNA_H

#include "decode.h"
#include "rounding.h"

/* CNA's input converter: a scale, an offset and a shift for each of 4 channels. */
typedef struct npu_converter {
    bool on, add_first, is_signed;
    enum npu_rounding rounding;
    int32_t offset[4], scale[4];
    unsigned shift[4];
} npu_converter;

/* Pixel input: 1 to 4 interleaved channels, as a picture has them. */
typedef struct npu_pixels {
    uint32_t channels; /* 0: the input is a cube */
    bool empty_converted; /* channels that no pixel fills: a converted 0, else 0 */
    npu_converter converter;
} npu_pixels;

typedef struct npu_cna {
    bool depthwise;
    bool pad_parity; /* padding bytes go by channel parity */
    int8_t pad[2];
    uint32_t stride_x, stride_y, dilation_x, dilation_y;
    uint32_t in_width, in_height;
    uint32_t up_x, up_y; /* transposed: places from one input to the next; 1 otherwise */
    bool gaps_zero;      /* ... with 0 between them, else the padding constant */
    uint32_t channels; /* padded to atoms */
    uint32_t pad_left, pad_top;
    uint32_t kernel_width, kernel_height;
    uint32_t kernels;
    uint32_t kernel_bytes;
    uint32_t rest_lanes; /* depthwise: lanes a tap in the last group of 64 channels */
    uint32_t out_width, out_height;
    uint32_t data_banks, weight_banks, entries;
    bool data_reuse, weight_reuse;
    npu_pixels pixels;
    int64_t line_bytes, surface_bytes;
    npu_extent features;
    npu_extent weights;
} npu_cna;

int npu_cna_decode(const npu_decoder *decoder, npu_cna *cna);

/* CONV_CON1's input mode, the converter, and what follows from them (cna_pixels.c). */
int npu_pixels_decode(const npu_decoder *decoder, npu_cna *cna);

/* Channel `channel` of the pixel at `from`, as the MACs get it. */
int8_t npu_pixels_value(const npu_pixels *pixels, uint32_t channel, const uint8_t *from);

/* Places that the input covers, gaps included. */
uint32_t npu_cna_spread_width(const npu_cna *cna);
uint32_t npu_cna_spread_height(const npu_cna *cna);

/* What stands between two inputs of a transposed convolution. */
int8_t npu_cna_gap(const npu_cna *cna, uint32_t channel);

/* What stands at channel c of place (x, y), which may be padding or a gap. */
int8_t npu_cna_feature(const npu_cna *cna, uint32_t channel, int64_t y, int64_t x);

/* The padding constant of a channel. */
int8_t npu_cna_padding(const npu_cna *cna, uint32_t channel);

/* Place of a weight in the weight stream; for depthwise `kernel` is not used. */
size_t npu_cna_weight_index(const npu_cna *cna, uint32_t kernel, uint32_t channel, uint32_t tap);

/* Input positions that all windows together cover, padding included. */
uint32_t npu_cna_window_width(const npu_cna *cna);
uint32_t npu_cna_window_height(const npu_cna *cna);

#endif
