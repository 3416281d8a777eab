import fc from 'fast-check';
import { seeds } from './seeds.js';

/** fc.assert with each of the run's seeds; fast-check's report names the seed and the path of what fails. */
export function holds<T>(property: fc.IProperty<T>, parameters: Omit<fc.Parameters<T>, 'seed'> = {}): void {
  for (const seed of seeds) fc.assert(property, { ...parameters, seed });
}

export async function holdsAsync<T>(
  property: fc.IAsyncProperty<T>,
  parameters: Omit<fc.Parameters<T>, 'seed'> = {},
): Promise<void> {
  for (const seed of seeds) await fc.assert(property, { ...parameters, seed });
}
