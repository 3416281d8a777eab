/** HARD_SWISH: the results of TFLite's 16-bit kernel as a table. */
import { hardSwishFits, hardSwishTable } from '../tflite/activation_tables.js';
import { numbersRule, tableOp } from './table.js';

export const hardSwish = tableOp('HARD_SWISH', (numbers) => hardSwishTable(numbers), [
  numbersRule("an output scale of at least 1/128 of the input's, as in TFLite", (numbers) =>
    hardSwishFits(numbers) ? null : `scales ${numbers.inputScale} to ${numbers.outputScale}`,
  ),
]);
