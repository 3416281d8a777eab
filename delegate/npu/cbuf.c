#include "cbuf.h"

#include <inttypes.h>

/* Entries for so many contiguous atoms. A pixel of an image takes an atom (vendor's and Mesa's bank counts). */
static uint64_t entries_of(const npu_chip *chip, uint64_t atoms) {
    const uint64_t each = chip->cbuf_entry_bytes / NPU_ATOM;
    return (atoms + each - 1) / each;
}

/* Entries that one row takes; a rest of one atom less than an entry by fact. */
static uint64_t row_entries(const npu_decoder *d, const npu_cna *cna) {
    if (cna->pixels.channels != 0) {
        return entries_of(&d->config->chip, cna->in_width);
    }
    const npu_chip *chip = &d->config->chip;
    const uint64_t each = chip->cbuf_entry_bytes / NPU_ATOM;
    uint64_t atoms = cna->channels / NPU_ATOM, width = cna->in_width, rest = atoms % each;
    bool whole = d->config->facts[NPU_FACT_THREE_ATOM_ROWS] == NPU_THREE_ATOM_ROWS_WHOLE_ONLY;
    if (!whole) return entries_of(chip, atoms * width);
    return atoms / each * width + (rest == each - 1 ? width : entries_of(chip, rest * width));
}

int npu_cbuf_check(const npu_decoder *d, npu_cna *cna) {
    const npu_chip *chip = &d->config->chip;
    cna->data_banks = NPU_FIELD(d, CNA_CBUF_CON0, DATA_BANK);
    cna->weight_banks = NPU_FIELD(d, CNA_CBUF_CON0, WEIGHT_BANK);
    cna->weight_reuse = NPU_FIELD(d, CNA_CBUF_CON0, WEIGHT_REUSE) != 0;
    cna->entries = NPU_VALUE(d, CNA_CBUF_CON1);
    cna->data_reuse = NPU_FIELD(d, CNA_CBUF_CON0, DATA_REUSE) != 0;
    if (NPU_FIELD(d, CNA_CBUF_CON0, FC_DATA_BANK) != 0) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "FC_DATA_BANK (zero skipping) is not modelled");
    }
    if (cna->data_banks == 0 || cna->weight_banks == 0 || cna->data_banks + cna->weight_banks > chip->cbuf_banks) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "%" PRIu32 " data and %" PRIu32 " weight banks of %" PRIu32,
                          cna->data_banks, cna->weight_banks, chip->cbuf_banks);
    }
    uint64_t needed = row_entries(d, cna);
    if (cna->entries < needed) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON1, "a row needs %" PRIu64 " entries", needed);
    }
    uint64_t capacity = (uint64_t)cna->data_banks * (chip->cbuf_bank_bytes / chip->cbuf_entry_bytes);
    /* Driver: Mesa counts the entries of all rows of pixels, not of one. */
    bool pixels = cna->pixels.channels != 0;
    uint64_t rows = pixels ? entries_of(chip, (uint64_t)cna->in_width * cna->in_height) : (uint64_t)cna->entries * cna->in_height;
    if (rows > capacity) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "%" PRIu64 " entries of features, the data banks hold %" PRIu64, rows,
                          capacity);
    }
    /* Weights that do not fit stream through by groups of kernels; one group must fit. */
    uint64_t group = cna->kernels < NPU_KERNEL_GROUP ? cna->kernels : NPU_KERNEL_GROUP;
    uint64_t bytes = group * cna->kernel_bytes, room = (uint64_t)cna->weight_banks * chip->cbuf_bank_bytes;
    if (bytes > room) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "a kernel group of %" PRIu64 " bytes, the weight banks hold %" PRIu64,
                          bytes, room);
    }
    if (cna->weight_reuse && (uint64_t)cna->kernels * cna->kernel_bytes > room) {
        return npu_refuse(d, NPU_REG_CNA_CBUF_CON0, "WEIGHT_REUSE of weights that did not fit");
    }
    return 0;
}
