/** DDMA and SDMA (AXI arbitration) and GLOBAL: no command word reaches them. Source: Mesa's registers.xml; notes: Mesa's rkt_regcmd.c, the kernel's rocket_job.c, measurements of RK3588 boards. */
import { blockRegisters, field } from './register.js';

export const ddmaRegisters = blockRegisters('DDMA', [
  {
    name: 'CFG_OUTSTANDING',
    offset: 0x8000,
    tag: 'inferred',
    fields: [field('RD_OS_CNT', 7, 0), field('WR_OS_CNT', 15, 8)],
  },
  {
    name: 'RD_WEIGHT_0',
    offset: 0x8004,
    tag: 'inferred',
    fields: [
      field('RD_WEIGHT_FEATURE', 7, 0),
      field('RD_WEIGHT_KERNEL', 15, 8),
      field('RD_WEIGHT_DPU', 23, 16),
      field('RD_WEIGHT_PDP', 31, 24),
    ],
  },
  {
    name: 'WR_WEIGHT_0',
    offset: 0x8008,
    tag: 'inferred',
    fields: [field('WR_WEIGHT_DPU', 7, 0), field('WR_WEIGHT_PDP', 15, 8)],
  },
  {
    name: 'CFG_ID_ERROR',
    offset: 0x800c,
    tag: 'inferred',
    fields: [field('RD_RESP_ID', 4, 0), field('WR_RESP_ID', 9, 6)],
  },
  { name: 'RD_WEIGHT_1', offset: 0x8010, tag: 'inferred', fields: [field('RD_WEIGHT_PC', 7, 0)] },
  { name: 'CFG_DMA_FIFO_CLR', offset: 0x8014, tag: 'inferred', fields: [field('DMA_FIFO_CLR', 0, 0)] },
  {
    name: 'CFG_DMA_ARB',
    offset: 0x8018,
    tag: 'inferred',
    fields: [
      field('RD_FIX_ARB', 2, 0),
      field('WR_FIX_ARB', 6, 4),
      field('RD_ARBIT_MODEL', 8, 8),
      field('WR_ARBIT_MODEL', 9, 9),
    ],
  },
  {
    name: 'CFG_DMA_RD_QOS',
    offset: 0x8020,
    tag: 'inferred',
    fields: [
      field('RD_FEATURE_QOS', 1, 0),
      field('RD_KERNEL_QOS', 3, 2),
      field('RD_DPU_QOS', 5, 4),
      field('RD_PPU_QOS', 7, 6),
      field('RD_PC_QOS', 9, 8),
    ],
  },
  {
    name: 'CFG_DMA_RD_CFG',
    offset: 0x8024,
    tag: 'inferred',
    fields: [
      field('RD_ARSIZE', 2, 0),
      field('RD_ARBURST', 4, 3),
      field('RD_ARPROT', 7, 5),
      field('RD_ARCACHE', 11, 8),
      field('RD_ARLOCK', 12, 12),
    ],
  },
  {
    name: 'CFG_DMA_WR_CFG',
    offset: 0x8028,
    tag: 'inferred',
    fields: [
      field('WR_AWSIZE', 2, 0),
      field('WR_AWBURST', 4, 3),
      field('WR_AWPROT', 7, 5),
      field('WR_AWCACHE', 11, 8),
      field('WR_AWLOCK', 12, 12),
    ],
  },
  { name: 'CFG_DMA_WSTRB', offset: 0x802c, tag: 'inferred', fields: [field('WR_WSTRB', 31, 0)] },
  { name: 'CFG_STATUS', offset: 0x8030, tag: 'inferred', fields: [field('IDEL', 8, 8)] },
]);

export const sdmaRegisters = blockRegisters('SDMA', [
  {
    name: 'CFG_OUTSTANDING',
    offset: 0x9000,
    tag: 'inferred',
    fields: [field('RD_OS_CNT', 7, 0), field('WR_OS_CNT', 15, 8)],
  },
  {
    name: 'RD_WEIGHT_0',
    offset: 0x9004,
    tag: 'inferred',
    fields: [
      field('RD_WEIGHT_FEATURE', 7, 0),
      field('RD_WEIGHT_KERNEL', 15, 8),
      field('RD_WEIGHT_DPU', 23, 16),
      field('RD_WEIGHT_PDP', 31, 24),
    ],
  },
  {
    name: 'WR_WEIGHT_0',
    offset: 0x9008,
    tag: 'inferred',
    fields: [field('WR_WEIGHT_DPU', 7, 0), field('WR_WEIGHT_PDP', 15, 8)],
  },
  {
    name: 'CFG_ID_ERROR',
    offset: 0x900c,
    tag: 'inferred',
    fields: [field('RD_RESP_ID', 4, 0), field('WR_RESP_ID', 9, 6)],
  },
  { name: 'RD_WEIGHT_1', offset: 0x9010, tag: 'inferred', fields: [field('RD_WEIGHT_PC', 7, 0)] },
  { name: 'CFG_DMA_FIFO_CLR', offset: 0x9014, tag: 'inferred', fields: [field('DMA_FIFO_CLR', 0, 0)] },
  {
    name: 'CFG_DMA_ARB',
    offset: 0x9018,
    tag: 'inferred',
    fields: [
      field('RD_FIX_ARB', 2, 0),
      field('WR_FIX_ARB', 6, 4),
      field('RD_ARBIT_MODEL', 8, 8),
      field('WR_ARBIT_MODEL', 9, 9),
    ],
  },
  {
    name: 'CFG_DMA_RD_QOS',
    offset: 0x9020,
    tag: 'inferred',
    fields: [
      field('RD_FEATURE_QOS', 1, 0),
      field('RD_KERNEL_QOS', 3, 2),
      field('RD_DPU_QOS', 5, 4),
      field('RD_PPU_QOS', 7, 6),
      field('RD_PC_QOS', 9, 8),
    ],
  },
  {
    name: 'CFG_DMA_RD_CFG',
    offset: 0x9024,
    tag: 'inferred',
    fields: [
      field('RD_ARSIZE', 2, 0),
      field('RD_ARBURST', 4, 3),
      field('RD_ARPROT', 7, 5),
      field('RD_ARCACHE', 11, 8),
      field('RD_ARLOCK', 12, 12),
    ],
  },
  {
    name: 'CFG_DMA_WR_CFG',
    offset: 0x9028,
    tag: 'inferred',
    fields: [
      field('WR_AWSIZE', 2, 0),
      field('WR_AWBURST', 4, 3),
      field('WR_AWPROT', 7, 5),
      field('WR_AWCACHE', 11, 8),
      field('WR_AWLOCK', 12, 12),
    ],
  },
  { name: 'CFG_DMA_WSTRB', offset: 0x902c, tag: 'inferred', fields: [field('WR_WSTRB', 31, 0)] },
  { name: 'CFG_STATUS', offset: 0x9030, tag: 'inferred', fields: [field('IDEL', 8, 8)] },
]);

export const globalRegisters = blockRegisters('GLOBAL', [
  {
    name: 'OPERATION_ENABLE',
    offset: 0xf008,
    tag: 'inferred',
    fields: [
      field('CNA_OP_EN', 0, 0),
      field('CORE_OP_EN', 2, 2),
      field('DPU_OP_EN', 3, 3),
      field('DPU_RDMA_OP_EN', 4, 4),
      field('PPU_OP_EN', 5, 5),
      field('PPU_RDMA_OP_EN', 6, 6),
    ],
  },
]);
