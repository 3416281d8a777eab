/** SUB: of two tensors, or of a tensor and a constant on either side. */
import { sumOf } from './sum.js';

export const sub = sumOf('SUB', -1);
