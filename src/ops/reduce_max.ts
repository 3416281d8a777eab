/** REDUCE_MAX. */
import { reducedExtreme } from './shared/reduced_extreme.js';

export const reduceMax = reducedExtreme('REDUCE_MAX', 'max');
