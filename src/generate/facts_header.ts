/** The switches of the software NPU for C. */
import { facts } from '../hardware/facts.js';
import { header } from '../wire/c_text.js';

export const factsHeader = (): string =>
  header('facts.h', 'src/hardware/facts.ts', [
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
  ]);
