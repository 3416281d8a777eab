/* CBUF: banks that a task divides between features and weights. */
#ifndef PTFE_NPU_CBUF_H
#define PTFE_NPU_CBUF_H

#include "cna.h"

/* Reads the bank split into `cna` and checks that the task's features and weights fit. */
int npu_cbuf_check(const npu_decoder *decoder, npu_cna *cna);

#endif
