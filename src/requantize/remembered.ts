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

/** A function of one object, which calculates nothing twice for the same one. */
export const rememberedOf = <Subject extends object, Result>(calculate: (subject: Subject) => Result) => {
  const kept = new WeakMap<Subject, { readonly result: Result }>();
  return (subject: Subject): Result => {
    const known = kept.get(subject) ?? { result: calculate(subject) };
    kept.set(subject, known);
    return known.result;
  };
};

/** The same of two. */
export const rememberedPair = <First extends object, Second extends object, Result>(
  calculate: (first: First, second: Second) => Result,
) => {
  const of = rememberedOf((first: First) => rememberedOf((second: Second) => calculate(first, second)));
  return (first: First, second: Second): Result => of(first)(second);
};
