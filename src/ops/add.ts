/** ADD: of two tensors, or of a tensor and a constant. */
import { sumOf } from './sum.js';

export const add = sumOf('ADD', 1);
