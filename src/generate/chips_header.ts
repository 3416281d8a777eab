/** The chips for C: what the software NPU, the delegate's reports and its search for a device ask of them. */
import { type Chip, chips, type ChipAtoms, chipWords } from '../hardware/chips.js';
import { header } from '../wire/c_text.js';

/** Fields of `npu_chip` in order. */
const fields: readonly (readonly [string, (chip: Chip) => number, string?])[] = [
  ['number', ({ number }) => number, 'in the header of plans'],
  ['cbuf_banks', ({ cbuf }) => cbuf.banks],
  ['cbuf_bank_bytes', ({ cbuf }) => cbuf.bankBytes],
  ['cbuf_entry_bytes', ({ cbuf }) => cbuf.entryBytes],
  ['clock_megahertz', ({ clocks }) => clocks.megahertz, 'for estimates: under the mainline kernel'],
  ['bytes_per_cycle', ({ clocks }) => clocks.bytesPerCycle],
  ['positions', ({ clocks }) => clocks.positions, 'output positions are computed in groups of so many'],
  ['dpu_channels', ({ clocks }) => clocks.dpuChannels, 'channels of a position that the DPU takes in a cycle'],
  [
    'dispatch_microseconds',
    ({ dispatch }) => dispatch.littleMicroseconds,
    'what its interrupt costs between two tasks, on the CPU that serves it as Linux boots',
  ],
  ['job_milliseconds', ({ dispatch }) => dispatch.jobMilliseconds, 'it ends a job that takes longer'],
];

const groups: readonly (readonly [string, keyof ChipAtoms, string])[] = [
  ['NPU_ATOM', 'channels', 'channels in an atom, bytes'],
  ['NPU_KERNEL_GROUP', 'kernels', 'kernels in a weight group'],
  ['NPU_CHANNEL_GROUP', 'weightChannels', 'channels in a weight group, direct'],
  ['NPU_DEPTHWISE_GROUP', 'depthwiseChannels', 'channels in a weight group, depthwise'],
  ['NPU_OPERAND_GROUP', 'operandChannels', 'channels in a group of operands'],
];

/** What loops are written for: a chip that differs needs other code. @throws when the chips do not agree */
const common = (what: string, of: (chip: Chip) => number): number => {
  const [value, ...others] = new Set(chips.map(of));
  if (value === undefined || others.length > 0) throw new Error(`${what}: the chips do not agree`);
  return value;
};

const names = chips.flatMap(({ number, deviceTree }) => deviceTree.map((name) => ({ name, number })));

export const chipsHeader = (): string =>
  header('chips.h', 'src/hardware/chips.ts', [
    '#include <stdint.h>',
    '',
    '/* The same for all chips that programs are made for. */',
    ...groups.map(([macro, key, text]) => `#define ${macro} ${common(key, ({ atoms }) => atoms[key])}u /* ${text} */`),
    `#define NPU_PLANE_ATOMS ${common('planes', ({ memory }) => memory.planeAtoms)}u /* planes start at multiples of so many atoms */`,
    `#define NPU_TASK_BYTES ${common('tasks', ({ memory }) => memory.taskBytes)}u /* command words of a task start at multiples of this */`,
    '',
    'typedef struct npu_chip {',
    ...fields.map(([name, , text]) => `    uint32_t ${name};${text === undefined ? '' : ` /* ${text} */`}`),
    '} npu_chip;',
    '',
    '/* Numbers of the chips that programs are made for; the first one where nothing is said. */',
    `enum { ${chips.map(({ name, number }) => `NPU_CHIP_${name} = ${number}`).join(', ')} };`,
    `#define NPU_CHIP_COUNT ${chips.length}u`,
    'static const npu_chip npu_chips[NPU_CHIP_COUNT] = {',
    ...chips.map((chip) => `    {${fields.map(([name, of]) => `.${name} = ${of(chip)}`).join(', ')}},`),
    '};',
    '',
    '/* Their names in device trees, behind "rockchip,". */',
    `#define NPU_CHIP_NAME_COUNT ${names.length}u`,
    'typedef struct npu_chip_name {',
    '    const char *name;',
    '    uint32_t number;',
    '} npu_chip_name;',
    'static const npu_chip_name npu_chip_names[NPU_CHIP_NAME_COUNT] = {',
    ...names.map(({ name, number }) => `    {"${name}", ${number}},`),
    '};',
    '',
    '/* As options call those that programs are made for. */',
    `#define NPU_CHIP_OPTIONS "${chipWords.join('|')}"`,
  ]);
