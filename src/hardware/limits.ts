/**
 * What one task of an RK3588 can hold: widths of register fields and sizes of buffers. Sources: registers.json (Mesa's
 * registers.xml) for fields; Mesa's rkt_ml.h for CBUF; measurements of RK3588 and RK3576 boards for the contraction limit.
 */
export const limits = {
  /** CNA CONV_CON3: 3 bits a stride. */
  stride: 7,
  /** CNA WEIGHT_SIZE2: 5 bits a side. */
  kernelSide: 31,
  /** CNA CONV_CON3: 5 bits a side, value less 1. */
  dilation: 32,
  /** CNA PAD_CON0: 4 bits. */
  pad: 15,
  /** Products for one output value that were seen right on silicon; an int32 partial sum cannot be added on the chip. */
  contraction: 4608,
  /** Bytes of one kernel that must stand in one CBUF bank. */
  kernelBytes: 32 * 1024,
  /**
   * Bytes of a group of 32 kernels (of all, where there are fewer) that must stand in CBUF together: what is left of 12
   * banks with one for features and one that their DMA may read ahead.
   */
  kernelGroupBytes: 9 * 32 * 1024,
  /** CNA DATA_SIZE0: 11 bits of rows and columns in one task's window. */
  window: 2047,
  /** DPU DATA_CUBE_WIDTH and HEIGHT: 13 bits, value less 1. */
  plane: 8191,
  /** DPU DATA_CUBE_NOTCH_ADDR: 13 bits, atoms from the end of an output row to the next. */
  notch: 8191,
  /** DPU DATA_CUBE_CHANNEL: 13 bits, value less 1. */
  outputChannels: 8192,
  /** CNA DATA_SIZE3: 22 bits. */
  outputAtomics: 2 ** 22 - 1,
  /** Columns of an elementwise task that were seen right on silicon (8175), rounded down. */
  elementwiseColumns: 8160,
} as const;

/** CBUF of one RK3588 core: banks of 32 KiB; a row of features takes entries of 64 bytes (CBUF_CON1 counts in these). */
export const cbuf = { banks: 12, bankBytes: 32 * 1024, entryBytes: 64, entriesPerBank: 512 } as const;

/** Channels in an atom, kernels in a weight group, channels in a depthwise weight group (Mesa's rkt_ml.h, int8). */
export const atoms = { channels: 16, kernels: 32, weightChannels: 32, depthwiseChannels: 64 } as const;
