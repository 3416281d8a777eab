/** The registers for C: offsets, fields, and what a task may write. */
import {
  namedBits,
  operationEnableBits,
  operationEnables,
  poolingRegisters,
  registers,
  tailTargets,
  taskRegisters,
  writeTargets,
  type Register,
} from '../hardware/registers.js';
import { header } from '../wire/c_text.js';

/** NPU_CNA_CBUF_CON0; the reader's registers carry their block's name already. */
const macro = ({ block, name }: Register): string => `${block}_${name.replace(/^RDMA_/, '')}`.toUpperCase();

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}u`;

const widthMask = (msb: number, lsb: number): number => 2 ** (msb - lsb + 1) - 1;

const registerLines = (register: Register): readonly string[] => [
  `#define NPU_${macro(register)} ${hex(register.offset, 4)}`,
  ...register.fields.flatMap(({ name, msb, lsb }) => [
    `#define NPU_${macro(register)}_${name}_SHIFT ${lsb}`,
    `#define NPU_${macro(register)}_${name}_MASK ${hex(widthMask(msb, lsb), 1)}`,
  ]),
];

const sorted = (list: readonly Register[]): readonly Register[] => [...list].sort((a, b) => a.offset - b.offset);

const executable = sorted([...taskRegisters, ...poolingRegisters]);

const reachable = registers.filter(({ block }) => block in writeTargets);

export const registersHeader = (): string =>
  header('registers.h', 'src/hardware/registers', [
    '#include <stdint.h>',
    '',
    '/* Field [63:48] of a command word. */',
    ...Object.entries(writeTargets).map(([block, target]) => `#define NPU_TARGET_${block} ${hex(target, 4)}`),
    `#define NPU_TARGET_BARRIER ${hex(tailTargets.barrier, 4)}`,
    `#define NPU_TARGET_OPERATION_ENABLE ${hex(tailTargets.operationEnable, 4)}`,
    '',
    '/* Values of the operation-enable word. */',
    `#define NPU_ENABLE_CONVOLUTION ${hex(operationEnables.convolution, 2)}`,
    `#define NPU_ENABLE_CONVOLUTION_WITHOUT_READER ${hex(operationEnables.convolutionWithoutReader, 2)}`,
    `#define NPU_ENABLE_DPU_ONLY ${hex(operationEnables.dpuOnly, 2)}`,
    `#define NPU_ENABLE_POOLING ${hex(operationEnables.pooling, 2)}`,
    '/* Its bits. */',
    ...Object.entries(operationEnableBits).map(([block, bit]) => `#define NPU_ENABLE_BIT_${block} ${bit}`),
    '',
    '/* Offsets and fields: (value >> SHIFT) & MASK. */',
    ...reachable.flatMap(registerLines),
    '',
    '/* Registers that the body of a task may write, pooling tasks included, by offset: positions in npu_registers. */',
    'enum npu_register {',
    ...executable.map((register) => `    NPU_REG_${macro(register)},`),
    '    NPU_REGISTER_COUNT',
    '};',
    '',
    '#define NPU_REGISTER_HOLDS_ADDRESS 1u',
    '#define NPU_REGISTER_POOLING 2u /* in no plan */',
    '',
    'typedef struct npu_register_info {',
    '    const char *name;',
    '    uint16_t target;',
    '    uint16_t offset;',
    '    uint32_t mask;  /* bits that fields name; the others must be 0 */',
    '    uint32_t flags; /* NPU_REGISTER_... */',
    '} npu_register_info;',
    '',
    'static const npu_register_info npu_registers[NPU_REGISTER_COUNT] = {',
    ...executable.map((register) => {
      const target = register.block in writeTargets ? writeTargets[register.block as keyof typeof writeTargets] : 0;
      const flags = [
        ...(register.address === true ? ['NPU_REGISTER_HOLDS_ADDRESS'] : []),
        ...(poolingRegisters.includes(register) ? ['NPU_REGISTER_POOLING'] : []),
      ];
      return `    {"${register.block} ${register.name}", ${hex(target, 4)}, ${hex(register.offset, 4)}, ${hex(namedBits(register), 8)}, ${flags.join(' | ') || '0u'}},`;
    }),
    '};',
  ]);
