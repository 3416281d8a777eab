/** Two records of a model, entry by entry and word by word. */
import { decode } from '../../src/explain/decode.js';
import { type EntryKind, entryKinds, type PlanEntry } from '../../src/explain/plan_text.js';
import type { ModelRecord, NodeRecord, PlanRecord } from './compiled.js';

export type DifferenceKind = 'parts' | EntryKind | 'verdicts' | 'texts';
export const differenceKinds: readonly DifferenceKind[] = ['parts', ...entryKinds, 'verdicts', 'texts'];

export interface Difference {
  readonly kind: DifferenceKind;
  /** The part and what of it, or the node. */
  readonly where: string;
  /** What the base has (`-`) and what this tree has (`+`). */
  readonly lines: readonly string[];
}

export interface Compared {
  readonly plans: number;
  /** Plans that do something else, or that only one side has. */
  readonly differing: number;
  /** Plans that do the same under other names or estimates. */
  readonly noted: number;
  readonly differences: readonly Difference[];
}

const chip = 'rk3588';

/** `DPU.DST_BASE_ADDR = 0x40 io+0x0` of a word's text; what is no word stays as it is. */
const readable = (line: string): string => {
  const found = /^([0-9a-f]{4}):([0-9a-f]{4}) ([0-9a-f]{8})(?: (\S+))?$/.exec(line);
  if (found === null) return line;
  const [target = 0, offset = 0, value = 0] = found.slice(1, 4).map((digits) => Number.parseInt(digits, 16));
  const decoded = decode({ target, offset, value, address: null }, chip);
  const name = decoded.kind === 'write' ? `${decoded.block}.${decoded.register}` : decoded.kind;
  return `${name} = 0x${value.toString(16)}${found[4] === undefined ? '' : ` ${found[4]}`}`;
};

/** Words are told apart by their register and how often it was written before; other lines by their position. */
const keyed = (text: string): ReadonlyMap<string, string> => {
  const seen = new Map<string, number>();
  return new Map(
    text.split('\n').map((line, i) => {
      const register = /^[0-9a-f]{4}:[0-9a-f]{4} /.exec(line)?.[0] ?? `line ${i}`;
      const times = (seen.get(register) ?? 0) + 1;
      seen.set(register, times);
      return [`${register} ${times}`, line];
    }),
  );
};

const changedLines = (base: string, now: string): readonly string[] => {
  const [before, after] = [keyed(base), keyed(now)];
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, fresh] = [before.get(key), after.get(key)];
    if (old === fresh) return [];
    return [
      ...(old === undefined ? [] : [`- ${readable(old)}`]),
      ...(fresh === undefined ? [] : [`+ ${readable(fresh)}`]),
    ];
  });
  return lines.length > 0 ? lines : ['the same lines in another order'];
};

const entryKey = ({ kind, key }: PlanEntry): string => `${kind} ${key}`;

/** Names of ops by the nodes in their keys, for people. */
const namesOf = ({ entries }: PlanRecord): ReadonlyMap<string, string> =>
  new Map(entries.filter(({ kind }) => kind === 'notes').map(({ key, text }) => [key, text.split('\n')[0] ?? key]));

const entryDifferences = (base: PlanRecord, now: PlanRecord): readonly Difference[] => {
  const before = new Map(base.entries.map((entry) => [entryKey(entry), entry]));
  const after = new Map(now.entries.map((entry) => [entryKey(entry), entry]));
  const names = new Map([...namesOf(base), ...namesOf(now)]);
  const where = (key: string): string => {
    const [op = key] = / task \d+$/.test(key) ? [key.replace(/ task \d+$/, '')] : [key];
    return key.replace(op, names.get(op) ?? op);
  };
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): readonly Difference[] => {
    const [old, fresh] = [before.get(key), after.get(key)];
    const { kind, key: own } = old ?? fresh ?? { kind: 'notes', key };
    if (old === undefined) return [{ kind, where: where(own), lines: ['+ only here'] }];
    if (fresh === undefined) return [{ kind, where: where(own), lines: ['- only in the base'] }];
    return old.text === fresh.text ? [] : [{ kind, where: where(own), lines: changedLines(old.text, fresh.text) }];
  });
};

const borderText = ({ nodes, inputs, outputs }: PlanRecord): string =>
  `nodes ${nodes.join()}; inputs ${inputs.join()}; outputs ${outputs.join()}`;

const partKey = (plan: PlanRecord): string => `graph ${plan.graph}: ${borderText(plan)}`;

const nodeKey = ({ graph, node }: NodeRecord): string => `${graph} ${node}`;

const nodeDifferences = (base: ModelRecord, now: ModelRecord): readonly Difference[] => {
  const before = new Map(base.nodes.map((one) => [nodeKey(one), one]));
  const after = new Map(now.nodes.map((one) => [nodeKey(one), one]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): readonly Difference[] => {
    const [old, fresh] = [before.get(key), after.get(key)];
    const { graph, node, op } = old ?? fresh ?? { graph: 0, node: 0, op: '' };
    const where = `${graph === 0 ? '' : `graph ${graph} `}#${node} ${op}`;
    const line = (one: NodeRecord | undefined): string =>
      one === undefined ? 'no such node' : `${one.op} ${one.verdict}`;
    if (line(old) !== line(fresh)) return [{ kind: 'verdicts', where, lines: [`- ${line(old)}`, `+ ${line(fresh)}`] }];
    if (old?.text === fresh?.text) return [];
    return [{ kind: 'texts', where, lines: [`- ${old?.text ?? ''}`, `+ ${fresh?.text ?? ''}`] }];
  });
};

const errorDifferences = (base: ModelRecord, now: ModelRecord): readonly Difference[] => {
  if (base.error === now.error) return [];
  const code = (error: string | null): string => error?.replace(/:.*/s, '') ?? 'compiles';
  const kind = code(base.error) === code(now.error) ? 'texts' : 'verdicts';
  return [{ kind, where: 'the file', lines: [`- ${base.error ?? 'compiles'}`, `+ ${now.error ?? 'compiles'}`] }];
};

export const compareModels = (base: ModelRecord, now: ModelRecord): Compared => {
  const [before, after] = [base, now].map(({ plans }) => new Map(plans.map((plan) => [partKey(plan), plan])));
  const keys = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])];
  const found = keys.map((key): readonly Difference[] => {
    const [old, fresh] = [before?.get(key), after?.get(key)];
    if (old === undefined) return [{ kind: 'parts', where: key, lines: ['+ only here'] }];
    if (fresh === undefined) return [{ kind: 'parts', where: key, lines: ['- only in the base'] }];
    const part = `part of nodes ${old.nodes.slice(0, 3).join()}${old.nodes.length > 3 ? '...' : ''}`;
    return entryDifferences(old, fresh).map((one) => ({ ...one, where: `${part}: ${one.where}` }));
  });
  const acts = found.filter((list) => list.some(({ kind }) => kind !== 'notes'));
  return {
    plans: keys.length,
    differing: acts.length,
    noted: found.filter((list) => list.length > 0).length - acts.length,
    differences: [...found.flat(), ...nodeDifferences(base, now), ...errorDifferences(base, now)],
  };
};
