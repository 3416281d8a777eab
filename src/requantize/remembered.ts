/** Searches of factors take thousands of steps, and rules, lowerings and reports of many nodes ask for the same ones. */

/** Results that are kept: more than a model has scales. */
const mostKept = 2 ** 15;

/** The same function of numbers, which calculates nothing twice. */
export const remembered = <Numbers extends readonly number[], Result>(
  search: (...numbers: Numbers) => Result,
): ((...numbers: Numbers) => Result) => {
  const kept = new Map<string, { readonly result: Result }>();
  return (...numbers) => {
    const key = numbers.join();
    const known = kept.get(key) ?? { result: search(...numbers) };
    if (kept.size >= mostKept) kept.clear();
    kept.set(key, known);
    return known.result;
  };
};
