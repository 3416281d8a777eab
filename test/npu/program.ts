/** Register programs by name, for tests that say what each register holds. */
import { type Block, findRegister, operationEnables, tailTargets, writeTargets } from '../../src/hardware/registers.js';

/** A register's value, or its fields by name. */
export type Setting = number | Readonly<Record<string, number>>;

/** `BLOCK.NAME` -> setting; written in this order. */
export type Settings = Readonly<Record<string, Setting>>;

const valueOf = (name: string, setting: Setting): number => {
  if (typeof setting === 'number') return setting >>> 0;
  const [block = '', register = ''] = name.split('.');
  const { fields } = findRegister(block as Block, register);
  return Object.entries(setting).reduce((value, [field, content]) => {
    const found = fields.find((one) => one.name === field);
    if (found === undefined) throw new Error(`no field ${field} in ${name}`);
    const limit = 2 ** (found.msb - found.lsb + 1);
    return (value + (((content % limit) + limit) % limit) * 2 ** found.lsb) >>> 0;
  }, 0);
};

const commandWord = (target: number, offset: number, value: number): bigint =>
  (BigInt(target) << 48n) | (BigInt(value >>> 0) << 16n) | BigInt(offset);

export const registerWord = (name: string, setting: Setting): bigint => {
  const [block = '', register = ''] = name.split('.');
  return commandWord(
    writeTargets[block as Block],
    findRegister(block as Block, register).offset,
    valueOf(name, setting),
  );
};

export interface Link {
  readonly address: number;
  readonly amount: number;
}

/** The four words that end a task. */
export const tailWords = (enables: number, link?: Link): readonly bigint[] => [
  link === undefined ? 0n : registerWord('PC.BASE_ADDRESS', link.address),
  registerWord('PC.REGISTER_AMOUNTS', link?.amount ?? 0),
  commandWord(tailTargets.barrier, 0, 0),
  commandWord(tailTargets.operationEnable, findRegister('PC', 'OPERATION_ENABLE').offset, enables),
];

export const wordBytes = (words: readonly bigint[]): Uint8Array => new Uint8Array(new BigUint64Array(words).buffer);

export const taskBytes = (
  settings: Settings,
  kind: keyof typeof operationEnables,
  { before = [], link }: { readonly before?: readonly bigint[]; readonly link?: Link } = {},
): Uint8Array =>
  wordBytes([
    ...before,
    ...Object.entries(settings).map(([name, setting]) => registerWord(name, setting)),
    ...tailWords(operationEnables[kind], link),
  ]);

/** The words that fill both tables of the LUT. */
export const lutWords = (low: readonly number[], high: readonly number[]): readonly bigint[] =>
  [low, high].flatMap((table, id) => [
    registerWord('DPU.LUT_ACCESS_CFG', { LUT_ACCESS_TYPE: 1, LUT_TABLE_ID: id }),
    ...table.map((entry) => registerWord('DPU.LUT_ACCESS_DATA', entry & 0xffff)),
  ]);
