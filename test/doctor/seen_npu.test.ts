import { expect } from 'chai';
import type { Addon } from '../../src/cli/installation.js';
import { loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { kernel } from './machines.js';
import { cases, expectFindings, findingsOf } from './npu_cases.js';

/** The delegate's own code is asked about the tree. */
describe('doctor: the NPU of a machine as the delegate sees it', () => {
  let addon: Addon;
  before(function () {
    const loaded = loadAddon();
    if (typeof loaded === 'string') return skip(this, loaded);
    addon = loaded;
  });

  for (const one of cases) {
    const { title, parts, npu, architecture } = one;
    if (npu === undefined)
      it(`${title}: every line says what is, and what to do`, () => {
        expectFindings(
          one,
          findingsOf(parts, (root) => addon.findNpu(root), architecture),
        );
      });
  }

  it('without a chip of Rockchip, no line is about a driver that nobody misses', () => {
    const whats = findingsOf([kernel('6.18.0')], (root) => addon.findNpu(root)).map(({ what }) => what);
    expect(whats).to.deep.equal(['kernel', 'chip', 'device=auto']);
  });
});
