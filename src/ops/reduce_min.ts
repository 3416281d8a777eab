/** REDUCE_MIN. */
import { reducedExtreme } from './shared/reduced_extreme.js';

export const reduceMin = reducedExtreme('REDUCE_MIN', 'min');
