/** Whether the delegate takes a value of an option: in TypeScript what delegate/util/options.c says, word for word. */
import { facts } from '../hardware/facts.js';
import { allowedOf, type DelegateOption } from './delegate_options.js';

const encoder = new TextEncoder();

const bytesOf = (text: string): number => encoder.encode(text).byteLength;

/** What C prints of a value. */
const mostPrinted = 80;
const printed = (value: string): string => new TextDecoder().decode(encoder.encode(value).subarray(0, mostPrinted));

/** Bytes that a fact's name, and its value, stay below. */
const longestFact = 64;

const factFault = (pair: string): string | null => {
  const at = pair.indexOf('=');
  const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  if (bytesOf(name) >= longestFact || bytesOf(value) >= longestFact) return 'option facts: want name=value,...';
  const fact = facts.find((one) => one.name === name);
  if (fact === undefined) return `option facts: no fact "${name}" (facts: ${facts.map((one) => one.name).join(' ')})`;
  const known: readonly string[] = fact.values;
  return known.includes(value) ? null : `option facts: ${name} has no value "${value}" (allowed: ${known.join(' ')})`;
};

const factsFault = (list: string): string | null => {
  const pairs = list.split(',');
  // A comma may end the list.
  if (pairs.at(-1) === '') pairs.pop();
  for (const pair of pairs) {
    const fault = factFault(pair);
    if (fault !== null) return fault;
  }
  return null;
};

/** @returns what is wrong with the value; null where the delegate takes it */
export const valueFault = (option: DelegateOption, value: string): string | null => {
  const { name, kind } = option;
  const allowed = `(allowed: ${allowedOf(option)})`;
  const other = `option ${name}: "${printed(value)}" is not a value ${allowed}`;
  switch (kind.is) {
    case 'words':
      if (kind.words.includes(value)) return null;
      return kind.later?.includes(value) === true
        ? `option ${name}: nothing is compiled for ${value} yet ${allowed}`
        : other;
    case 'number':
      return /^\d+$/.test(value) && Number(value) >= kind.least && Number(value) <= kind.most ? null : other;
    case 'file':
      return value === '~' ? `option ${name}: "~" is no file: give the whole path` : null;
    case 'facts':
      return factsFault(value);
  }
};
