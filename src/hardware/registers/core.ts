/** MAC array and accumulator. Source: Mesa's registers.xml; notes: Mesa's rkt_regcmd.c, the kernel's rocket_job.c, measurements of RK3588 boards. */
import { blockRegisters, field, precisionField, undriven } from './register.js';

export const coreRegisters = blockRegisters('CORE', [
  { name: 'S_STATUS', offset: 0x3000, tag: 'inferred', fields: [field('STATUS_0', 1, 0), field('STATUS_1', 17, 16)] },
  {
    name: 'S_POINTER',
    offset: 0x3004,
    tag: 'driver',
    fields: [
      field('POINTER', 0, 0, 'register group the writes go to'),
      field('POINTER_PP_EN', 1, 1, 'programs use MODE|EXEC_EN|POINTER_EN = 0xE'),
      field('EXECUTER_PP_EN', 2, 2),
      field('POINTER_PP_MODE', 3, 3),
      field('POINTER_PP_CLEAR', 4, 4),
      field('EXECUTER_PP_CLEAR', 5, 5),
      field('EXECUTER', 16, 16, 'register group that executes'),
    ],
  },
  { name: 'OPERATION_ENABLE', offset: 0x3008, tag: 'inferred', fields: [field('OP_EN', 0, 0)] },
  { name: 'MAC_GATING', offset: 0x300c, tag: 'inferred', fields: [field('SLCG_OP_EN', 26, 0)] },
  {
    name: 'MISC_CFG',
    offset: 0x3010,
    tag: 'driver',
    fields: [
      field('QD_EN', 0, 0, 'always 1'),
      field('DW_EN', 1, 1, '1 for depthwise'),
      precisionField('PROC_PRECISION', 10, 8),
      undriven(field('SOFT_GATING', 19, 14)),
    ],
  },
  {
    name: 'DATAOUT_SIZE_0',
    offset: 0x3014,
    tag: 'driver',
    fields: [field('DATAOUT_WIDTH', 15, 0, 'minus 1'), field('DATAOUT_HEIGHT', 31, 16, 'minus 1')],
  },
  {
    name: 'DATAOUT_SIZE_1',
    offset: 0x3018,
    tag: 'driver',
    fields: [field('DATAOUT_CHANNEL', 15, 0, 'padded channels minus 1')],
  },
  {
    name: 'CLIP_TRUNCATE',
    offset: 0x301c,
    tag: 'driver',
    fields: [field('CLIP_TRUNCATE', 4, 0), undriven(field('ROUND_TYPE', 6, 6))],
  },
  {
    name: 'raw3030',
    offset: 0x3030,
    tag: 'driver',
    note: 'in no register list; Mesa writes 0 in every task',
    fields: [],
  },
]);
