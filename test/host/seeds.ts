/**
 * Seeds of random tests: a fixed one, so that a change of the code shows, and a fresh one, so that every run tries what no
 * run tried before. PTFE_SEED=n repeats one run; PTFE_SEED=random takes the fresh one alone. Both are printed.
 */
const fixed = 1;
const given = process.env['PTFE_SEED'];
const fresh = Math.floor(Math.random() * 2 ** 31);

const chosen = (): readonly number[] => {
  if (given === undefined || given === '') return [fixed, fresh];
  if (given === 'random') return [fresh];
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error(`PTFE_SEED=${given}: a whole number, or random`);
  return [seed];
};

export const seeds: readonly number[] = chosen();

console.log(`random tests: seeds ${seeds.join(' and ')} (PTFE_SEED=n repeats one)`);

/** How many of `count` cases each seed makes: the fresh one a quarter more where there are two. */
export const shares = (count: number): readonly (readonly [seed: number, count: number])[] =>
  seeds.map((seed, i) => [seed, i === 0 ? count : Math.ceil(count / 4)] as const);
