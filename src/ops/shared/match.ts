/**
 * Rules one after the other, each of which may narrow: what it established is in the type that the next rule and the
 * lowering get, so nothing is derived twice. The rules stay data, for SUPPORTED_OPS and messages.
 */
import type { FreshIds } from '../../ir/build/arrange.js';
import type { Operation } from '../../ir/operation.js';
import { type Form, matched, type OpContext, refused, type RuleText } from './rule.js';

/** A rule that establishes `More` of a node of which `Known` is known. */
export interface Narrowing<Known, More extends object> extends RuleText {
  /** @returns what is wrong with the node, or what the rule has found out */
  readonly narrow: (known: Known) => More | string;
}

/** A rule about what is known already. */
export interface Check<Known> extends RuleText {
  readonly broken: (known: Known) => string | null;
}

/**
 * A check, and what it establishes of a node that keeps it.
 * @param establish null: what the check takes for granted is missing
 */
export const established = <Known, More extends object>(
  rule: Check<Known>,
  establish: (known: Known) => More | null,
): Narrowing<Known, More> => ({
  ...rule,
  narrow: (known) => rule.broken(known) ?? establish(known) ?? 'a tensor that is missing',
});

interface Wrong {
  readonly rule: RuleText;
  readonly wrong: string;
}

type Run<Known> = (context: OpContext) => { readonly known: Known } | Wrong;

export interface Matcher<Known extends OpContext> {
  readonly rules: readonly RuleText[];
  readonly run: Run<Known>;
  /** The same, and then `rule`. */
  readonly narrow: <More extends object>(rule: Narrowing<Known, More>) => Matcher<Known & More>;
  /** The same, and then `rules` that establish nothing. */
  readonly check: (...rules: readonly Check<Known>[]) => Matcher<Known>;
}

const matcher = <Known extends OpContext>(rules: readonly RuleText[], run: Run<Known>): Matcher<Known> => ({
  rules,
  run,
  narrow: <More extends object>(rule: Narrowing<Known, More>) =>
    matcher<Known & More>([...rules, rule], (context) => {
      const before = run(context);
      if ('wrong' in before) return before;
      const more = rule.narrow(before.known);
      return typeof more === 'string' ? { rule, wrong: more } : { known: { ...before.known, ...more } };
    }),
  check: (...checks) =>
    matcher<Known>([...rules, ...checks], (context) => {
      const before = run(context);
      if ('wrong' in before) return before;
      for (const rule of checks) {
        const wrong = rule.broken(before.known);
        if (wrong !== null) return { rule, wrong };
      }
      return before;
    }),
});

/** No rule yet. */
export const anyNode: Matcher<OpContext> = matcher<OpContext>([], (known) => ({ known }));

/** What a matcher has established: the argument of the lowering. */
export type Known<Of> = Of extends Matcher<infer Established> ? Established : never;

/** @param lower gets what all rules established, and numbers for tensors that it makes */
export const formOf = <Established extends OpContext>(
  { rules, run }: Matcher<Established>,
  lower: (known: Established, fresh: FreshIds) => readonly Operation[],
): Form => ({
  rules,
  match: (context) => {
    const done = run(context);
    return 'wrong' in done ? refused(done.rule, done.wrong, context) : matched((fresh) => lower(done.known, fresh));
  },
});
