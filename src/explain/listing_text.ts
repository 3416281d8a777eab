/** A listing as text: one line for a register, so that a change reads as a line of a diff. */
import { referenceText } from './program.js';
import type { DecodedField } from './decode.js';
import type { ListedTask, ListedWrite, Listing } from './disassemble.js';

const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Sizes read best in decimal; what is larger is a pattern of bits. */
const numberText = (value: number): string => (value >= 2 ** 24 ? hex(value) : String(value));

const fieldTexts = (fields: readonly DecodedField[], register: string): readonly string[] =>
  fields.map(({ name, value }) =>
    fields.length === 1 && name === register ? numberText(value) : `${name} ${numberText(value)}`,
  );

const registerColumn = 34;

const meaning = ({ register, address, fields, unnamedBits }: ListedWrite): string => {
  if (address !== null) return referenceText(address);
  const parts = fieldTexts(fields, register);
  return [...parts, ...(unnamedBits === 0 ? [] : [`unnamed bits ${hex(unnamedBits)}`])].join(', ');
};

/** In full: the word, and the fields that are not 0. */
const wholeLine = (write: ListedWrite): string => {
  const fields = write.fields.filter(({ value }) => value !== 0);
  const name = `${write.block}.${write.register}`.padEnd(registerColumn);
  return `  ${name} ${hex(write.value, 8)}  ${meaning({ ...write, fields })}`.trimEnd();
};

const changeLine = (write: ListedWrite): string => {
  const text = meaning(write);
  return `  ${`${write.block}.${write.register}`.padEnd(registerColumn)} ${text === '' ? hex(write.value) : text}`;
};

const headLine = ({ index, title, at, words, starts, next }: ListedTask): string => {
  const place = at === null ? '' : ` at ${referenceText(at)}`;
  const started = starts === null ? '' : `, starts ${starts.length === 0 ? 'nothing' : starts.join(' ')}`;
  const link = next === null ? '' : `, next ${referenceText(next)}`;
  return `task ${index}: ${title} (${words} words${place}${started}${link})`;
};

const keptLine = ({ kept }: ListedTask): readonly string[] =>
  kept.length === 0 ? [] : [`  not written: ${kept.length <= 4 ? kept.join(' ') : `${kept.length} registers`}`];

const taskLines = (task: ListedTask, all: boolean): readonly string[] => [
  headLine(task),
  ...task.writes.map(all ? wholeLine : changeLine),
  ...keptLine(task),
  ...task.unknown.map(
    ({ target, offset, value }) =>
      `  unknown word: target ${hex(target, 4)}, offset ${hex(offset, 4)}, value ${hex(value, 8)}`,
  ),
];

/** @param all whether the listing was made with `all` */
export const listingText = ({ title, chip, notes, tasks }: Listing, all: boolean): string =>
  [
    `${title} (${chip}, ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'})`,
    ...notes.map((note) => `  ${note}`),
    ...tasks.flatMap((task) => ['', ...taskLines(task, all)]),
    '',
  ].join('\n');
