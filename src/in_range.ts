/**
 * Elements that are there by construction: an index that leaves its list is a bug of the compiler, and is told as one. Typed
 * arrays have a reader for each type: one for all of them is several times slower where it is asked for every value.
 */

const outside = (index: number, length: number): Error =>
  new Error(`internal error: element ${index} of a list of ${length}`);

export const at = <T>(values: ArrayLike<T>, index: number): T => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

/** Of one value for all channels, or one for each. */
export const ofChannel = <T>(values: ArrayLike<T>, channel: number): T => at(values, values.length === 1 ? 0 : channel);

export const uint8At = (values: Uint8Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

export const int8At = (values: Int8Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

export const int16At = (values: Int16Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

export const int32At = (values: Int32Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

export const uint32At = (values: Uint32Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};

export const float64At = (values: Float64Array, index: number): number => {
  const found = values[index];
  if (found === undefined) throw outside(index, values.length);
  return found;
};
