/** Lookups that find: operations that were placed name no tensor without a cube and a place (validate/ has the rules). */
import type { TensorId } from '../hardware/units.js';

/** @param what the map holds */
export const ofTensor = <T>(known: ReadonlyMap<TensorId, T>, tensor: TensorId, what: string): T => {
  const found = known.get(tensor);
  if (found === undefined) throw new Error(`tensor ${tensor} has no ${what}`);
  return found;
};
