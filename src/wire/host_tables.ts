/** What kernels of the host read beside the values: tables among a plan's constants (`delegate/plan/host_kernels.c`). */
import { array, f32, i32, record, u32 } from './record.js';

/** Dimensions of a permutation; fewer are filled up with 1 in front. */
export const permuteRank = 6;

export const permuteTable = record(
  'permute_table',
  'The dimensions of the output, then for each how far apart its values stand in the input.',
  { dims: array(u32, permuteRank), strides: array(u32, permuteRank) },
);

const around = { lower: u32, upper: u32 };

/** One for each row of the output, then for each column. */
export const fixedPosition = record(
  'fixed_position',
  'Where an output row or column lies: between two of the input, `weight` of 1024 is that of the upper one.',
  { ...around, weight: i32 },
);

export const floatPosition = record('float_position', 'The same with a weight in single precision.', {
  ...around,
  weight: f32,
});
