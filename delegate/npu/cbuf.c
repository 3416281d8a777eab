#include "cbuf.h"

#include <inttypes.h>

/*
 * Entries of 64 bytes, four atoms each, that one row takes; a rest of three atoms by fact. A pixel takes an atom (vendor's
 * and Mesa's bank counts).
 */
static uint64_t row_entries(const npu_decoder *d, const npu_cna *cna) {
    if (cna->pixels.channels != 0) {
        return ((uint64_t)cna->in_width + 3) / 4;
    }
    uint64_t atoms = cna->channels / NPU_ATOM, width = cna->in_width, rest = atoms % 4;
    bool whole = d->config->facts[NPU_FACT_THREE_ATOM_ROWS] == NPU_THREE_ATOM_ROWS_WHOLE_ONLY;
    if (!whole) return (atoms * width + 3) / 4;
    return atoms / 4 * width + (rest == 3 ? width : (rest * width + 3) / 4);
}

int npu_cbuf_check(const npu_decoder *d, npu_cna *cna) {
    cna->data_banks = NPU_FIELD(d, CNA_CBUF_CON0, DATA_BANK);
    cna->weight_banks = NPU_FIELD(d, CNA_CBUF_CON0, WEIGHT_BANK);
    cna->weight_reuse = NPU_FIELD(d, CNA_CBUF_CON0, WEIGHT_REUSE) != 0;
    cna->entries = NPU_VALUE(d, CNA_CBUF_CON1);
    cna->data_reuse = NPU_FIELD(d, CNA_CBUF_CON0, DATA_REUSE) != 0;
    if (NPU_FIELD(d, CNA_CBUF_CON0, FC_DATA_BANK) != 0) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "FC_DATA_BANK (zero skipping) is not modelled");
    }
    if (cna->data_banks == 0 || cna->weight_banks == 0 || cna->data_banks + cna->weight_banks > NPU_CBUF_BANKS) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "%" PRIu32 " data and %" PRIu32 " weight banks of %u",
                          cna->data_banks, cna->weight_banks, NPU_CBUF_BANKS);
    }
    uint64_t needed = row_entries(d, cna);
    if (cna->entries < needed) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON1, "a row needs %" PRIu64 " entries", needed);
    }
    uint64_t capacity = (uint64_t)cna->data_banks * (NPU_CBUF_BANK_BYTES / NPU_CBUF_ENTRY_BYTES);
    /* Driver: Mesa counts the entries of all rows of pixels, not of one. */
    bool pixels = cna->pixels.channels != 0;
    uint64_t rows = pixels ? ((uint64_t)cna->in_width * cna->in_height + 3) / 4 : (uint64_t)cna->entries * cna->in_height;
    if (rows > capacity) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "%" PRIu64 " entries of features, the data banks hold %" PRIu64, rows,
                          capacity);
    }
    /* Weights that do not fit stream through by groups of kernels; one group must fit. */
    uint64_t group = cna->kernels < NPU_KERNEL_GROUP ? cna->kernels : NPU_KERNEL_GROUP;
    uint64_t bytes = group * cna->kernel_bytes, room = (uint64_t)cna->weight_banks * NPU_CBUF_BANK_BYTES;
    if (bytes > room) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "a kernel group of %" PRIu64 " bytes, the weight banks hold %" PRIu64,
                          bytes, room);
    }
    if (cna->weight_reuse && (uint64_t)cna->kernels * cna->kernel_bytes > room) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "WEIGHT_REUSE of weights that did not fit");
    }
    return 0;
}
