import { expect } from 'chai';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NpuPresence } from '../../src/cli/installation.js';
import { readMachine } from '../../src/doctor/machine.js';
import { npuFindings } from '../../src/doctor/npu_findings.js';
import { skip } from '../host/skip.js';
import { bound, kernel, madeUpRoot, node, tree } from './machines.js';
import { cases, expectFindings, findingsOf, okay, person, ready, rock } from './npu_cases.js';

describe('doctor: the NPU of a machine', () => {
  for (const one of cases) {
    const { title, parts, npu, architecture } = one;
    if (npu !== undefined)
      it(`${title}: every line says what is, and what to do`, () => {
        expectFindings(one, findingsOf(parts, npu, architecture));
      });
  }

  /** As uname says it; whether the driver can be in it. */
  const kernels = [
    ['5.10.110', false],
    ['6.1.75-vendor', false],
    ['6.17.12', false],
    ['6.18.0', true],
    ['6.18-rc3', true],
    ['6.20.1', true],
    ['7.0', true],
    ['10.2.0', true],
    ['unknown', false],
  ] as const;
  it('a kernel is old before 6.18, by numbers and not by letters', () => {
    for (const [version, isEnough] of kernels) {
      const found = findingsOf([kernel(version), tree(rock, 'rk3588', okay)], ready, 'arm64');
      const text = found.find(({ what }) => what === 'kernel')?.text;
      expect(text?.includes('older than 6.18'), version).to.equal(!isEnough);
    }
  });

  /** Owner, group, mode; who; may open it; what the cure says. */
  const permissions = [
    [0, 104, 0o660, person, false, 'usermod -aG render'],
    [0, 104, 0o660, { user: 1000, groups: [1000, 104] }, true, ''],
    [0, 0, 0o600, person, false, 'udev rule'],
    [0, 0, 0o660, person, false, 'udev rule'],
    [0, 104, 0o640, { user: 1000, groups: [104] }, false, 'udev rule'],
    [0, 104, 0o666, person, true, ''],
    [1000, 104, 0o600, person, true, ''],
  ] as const;
  it('permission by owner, group and mode, with the cure that fits', function () {
    if (process.getuid?.() !== 0) return skip(this, 'board: needs root');
    for (const [user, group, mode, identity, may, cure] of permissions) {
      const folder = madeUpRoot(kernel('7.3.4'), tree(rock, 'rk3588', okay), bound(), node);
      const path = join(folder, 'dev/accel/accel0');
      chownSync(path, user, group);
      chmodSync(path, mode);
      const seen: NpuPresence = { ...ready, presence: 'unusable', text: 'a reason of its own' };
      const found = npuFindings(readMachine(folder), seen, identity, 'arm64').find(({ what }) => what === 'node');
      const what = JSON.stringify([user, group, mode.toString(8), identity]);
      expect(found?.text, what).to.contain(may ? 'a reason of its own' : 'this user may not open it');
      expect(found?.cure, what).to.contain(cure);
      rmSync(folder, { recursive: true });
    }
  });

  it('in a container a group is joined by its number', function () {
    if (process.getuid?.() !== 0) return skip(this, 'board: needs root');
    const folder = madeUpRoot(kernel('7.3.4'), bound(), node, { files: { 'run/.containerenv': '' } });
    chownSync(join(folder, 'dev/accel/accel0'), 0, 104);
    chmodSync(join(folder, 'dev/accel/accel0'), 0o660);
    const found = npuFindings(readMachine(folder), { ...ready, presence: 'unusable' }, person, 'arm64');
    expect(found.find(({ what }) => what === 'node')?.cure).to.equal('--group-add 104');
    rmSync(folder, { recursive: true });
  });
});
