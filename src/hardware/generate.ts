/** delegate/generated/*.h from the hardware facts, as text (src/generate.ts writes them). */
import { rk3588 } from './chips.js';
import { facts } from './facts.js';
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
} from './registers.js';

const warning = '/* Generated from src/hardware by `npm run generate`; do not edit. */';

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

const registersHeader = (): string =>
  [
    warning,
    '#ifndef PTFE_GENERATED_REGISTERS_H',
    '#define PTFE_GENERATED_REGISTERS_H',
    '',
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
    '/* CBUF of the RK3588. */',
    `#define NPU_CBUF_BANKS ${rk3588.cbuf.banks}u`,
    `#define NPU_CBUF_BANK_BYTES ${rk3588.cbuf.bankBytes}u`,
    `#define NPU_CBUF_ENTRY_BYTES ${rk3588.cbuf.entryBytes}u`,
    '',
    '/* For estimates: the clock under the mainline kernel, and what its interrupt costs between two tasks. */',
    `#define NPU_CLOCK_MEGAHERTZ ${rk3588.clocks.megahertz}u`,
    `#define NPU_DISPATCH_MICROSECONDS ${rk3588.dispatch.microseconds}u`,
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
    '',
    '#endif',
    '',
  ].join('\n');

const factsHeader = (): string =>
  [
    warning,
    '#ifndef PTFE_GENERATED_FACTS_H',
    '#define PTFE_GENERATED_FACTS_H',
    '',
    '#include <stdint.h>',
    '',
    '/* Behaviours that no source proves; value 0 is the default. */',
    'enum npu_fact {',
    ...facts.map(({ name }) => `    NPU_FACT_${name.toUpperCase()},`),
    '    NPU_FACT_COUNT',
    '};',
    ...facts.flatMap(({ name, text, values }) => [
      '',
      `/* ${text}. */`,
      `enum { ${values.map((value) => `NPU_${name}_${value}`.toUpperCase()).join(', ')} };`,
    ]),
    '',
    `#define NPU_FACT_MAX_VALUES ${Math.max(...facts.map(({ values }) => values.length))}`,
    '',
    'typedef struct npu_fact_info {',
    '    const char *name;',
    '    uint8_t count;',
    '    const char *values[NPU_FACT_MAX_VALUES];',
    '} npu_fact_info;',
    '',
    'static const npu_fact_info npu_facts[NPU_FACT_COUNT] = {',
    ...facts.map(
      ({ name, values }) => `    {"${name}", ${values.length}, {${values.map((value) => `"${value}"`).join(', ')}}},`,
    ),
    '};',
    '',
    '#endif',
    '',
  ].join('\n');

/** Files of delegate/generated/ and what they hold. */
export const headers = (): readonly (readonly [string, string])[] => [
  ['registers.h', registersHeader()],
  ['facts.h', factsHeader()],
];
