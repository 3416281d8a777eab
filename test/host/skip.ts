/**
 * The one way in which a test is skipped: with a class and a reason.
 *   tool     a program or a build that this machine could have: a compiler, Python, what `npm run build` makes
 *   shared   a file of the reference material beside the repository (test/host/shared.ts)
 *   network  what a package registry would have to send
 *   board    what the machine itself is: its processor, its kernel, the rights of the user, a device
 * PTFE_NO_SKIP=tool,shared makes a skip of these classes a failure: CI has the tools, so there a skip is a fault.
 */
export const skipClasses = ['tool', 'shared', 'network', 'board'] as const;
export type SkipClass = (typeof skipClasses)[number];

/** What a test cannot do without, and why it is not here; its class comes first, so that a reason cannot lack one. */
export type Lack = `${SkipClass}: ${string}`;

const isClass = (word: string): word is SkipClass => skipClasses.some((one) => one === word);

/** @throws Error where a name is none of the classes */
export function forbiddenClasses(list: string): readonly SkipClass[] {
  return list
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      if (isClass(word)) return word;
      throw new Error(`PTFE_NO_SKIP=${list}: "${word}" is none of ${skipClasses.join(', ')}`);
    });
}

const forbidden = forbiddenClasses(process.env['PTFE_NO_SKIP'] ?? '');

/** Ends the running test or hook as skipped, or, where PTFE_NO_SKIP forbids that, as failed. */
export function skip(context: Pick<Mocha.Context, 'skip'>, lack: Lack, not = forbidden): never {
  const [kind = '', ...rest] = lack.split(': ');
  const reason = rest.join(': ');
  if (not.some((one) => one === kind)) throw new Error(`PTFE_NO_SKIP=${not.join(',')}: skipped (${kind}): ${reason}`);
  console.log(`      skipped (${kind}): ${reason}`);
  return context.skip();
}
