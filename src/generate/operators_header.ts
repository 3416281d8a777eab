/** TFLite's operators for C. */
import { operatorNames } from '../tflite/operators.js';
import { warning } from './warning.js';

export const operatorsHeader = (): string =>
  [
    warning,
    '#ifndef PTFE_GENERATED_OPERATORS_H',
    '#define PTFE_GENERATED_OPERATORS_H',
    '',
    "/* Names of TFLite's builtin operators by number (src/tflite/operators.ts), for reports. */",
    `#define TFL_OPERATOR_COUNT ${operatorNames.length}`,
    '',
    'static const char *const tfl_operator_names[TFL_OPERATOR_COUNT] = {',
    ...operatorNames.map((name) => `    "${name}",`),
    '};',
    '',
    '#endif',
    '',
  ].join('\n');
