import { expect } from 'chai';
import { forbiddenClasses, type Lack, skip, type SkipClass } from './skip.js';

/** What mocha's context throws, to end a test as skipped. */
class Pending extends Error {}
const context = {
  skip: (): never => {
    throw new Pending();
  },
};

const outcome = (lack: Lack, forbidden: readonly SkipClass[]): string => {
  try {
    return skip(context, lack, forbidden);
  } catch (error) {
    if (error instanceof Pending) return 'skipped';
    return error instanceof Error ? error.message : '';
  }
};

describe('skips', () => {
  it('are failures where their class is forbidden, and only there', () => {
    expect(outcome('tool: no C compiler: cc: ENOENT', ['tool'])).to.equal(
      'PTFE_NO_SKIP=tool: skipped (tool): no C compiler: cc: ENOENT',
    );
    expect(outcome('network: no wheel', ['tool', 'shared'])).to.equal('skipped');
    expect(outcome('shared: no models', ['tool', 'shared'])).to.equal(
      'PTFE_NO_SKIP=tool,shared: skipped (shared): no models',
    );
    expect(outcome('tool: no make', [])).to.equal('skipped');
  });

  it('take a list of known classes, and nothing else', () => {
    expect(forbiddenClasses('')).to.deep.equal([]);
    expect(forbiddenClasses('tool,board')).to.deep.equal(['tool', 'board']);
    expect(() => forbiddenClasses('tools')).to.throw('"tools" is none of tool, shared, network, board');
  });
});
