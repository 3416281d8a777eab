/** The options that go to the engine with a graph (`sent` in the table), as the engine reads them. */
import { PtfeError } from '../error.js';
import { type DelegateOption, delegateOptions } from './delegate_options.js';

type Sent = Extract<(typeof delegateOptions)[number], { readonly sent: true }>;
type SentWords<Option extends Sent> = Exclude<
  Option['kind']['words'][number],
  Option extends { readonly found: { readonly word: infer Word } } ? Word : never
>;

export type SentOptions = { readonly [Option in Sent as Option['name']]: SentWords<Option> };

const sent: readonly DelegateOption[] = delegateOptions.filter((option) => option.sent);

const wordsOf = ({ kind, found }: DelegateOption): readonly string[] =>
  kind.is === 'words' ? kind.words.filter((word) => word !== found?.word) : [];

/** What the engine takes for it: all words but the one for which the delegate finds another. */
export const sentWords = <Name extends keyof SentOptions>(name: Name): readonly SentOptions[Name][] => {
  const words = sent.filter((one) => one.name === name).flatMap(wordsOf);
  // By the table's own type.
  return words as readonly string[] as readonly SentOptions[Name][];
};

const wrongMessage = (text: string): PtfeError =>
  new PtfeError('bad-message', 'graph message', text, 'delegate and engine must be of one build');

/** @throws PtfeError `bad-message` for an option, or a word, that no delegate of this build sends */
export const readSentOptions = (given: readonly { readonly key: string; readonly value: string }[]): SentOptions => {
  const values = new Map(given.map(({ key, value }) => [key, value]));
  const extra = given.find(({ key }) => !sent.some(({ name }) => name === key));
  if (extra !== undefined) throw wrongMessage(`option ${extra.key} is not known`);
  return Object.fromEntries(
    sent.map((option) => {
      const { name, found, initial } = option;
      // The message of a plan file has no options.
      const value = values.get(name) ?? found?.otherwise ?? initial;
      if (!wordsOf(option).includes(value)) throw wrongMessage(`${name} ${value} is not known`);
      return [name, value];
    }),
    // What was just held to the table, by the table's own type.
  ) as unknown as SentOptions;
};
