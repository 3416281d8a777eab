/** Elements that are there by construction: an index that leaves its list is a bug of the compiler, and is told as one. */

export const at = <T>(values: ArrayLike<T>, index: number): T => {
  const found = values[index];
  if (found === undefined) throw new Error(`internal error: element ${index} of a list of ${values.length}`);
  return found;
};

/** Of one value for all channels, or one for each. */
export const ofChannel = <T>(values: ArrayLike<T>, channel: number): T => at(values, values.length === 1 ? 0 : channel);
