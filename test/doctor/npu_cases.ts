import { expect } from 'chai';
import { rmSync } from 'node:fs';
import type { NpuPresence } from '../../src/cli/installation.js';
import type { Finding } from '../../src/doctor/finding.js';
import { readMachine } from '../../src/doctor/machine.js';
import { choiceFinding, type Identity, npuFindings } from '../../src/doctor/npu_findings.js';
import { bound, kernel, type MadeUp, madeUpRoot, module, node, running, tree } from './machines.js';

export const root: Identity = { user: 0, groups: [0] };
export const person: Identity = { user: 1000, groups: [1000] };
export const ready: NpuPresence = { presence: 'ready', path: '/dev/accel/accel0', chip: 'rk3588', cores: 3, text: '' };

export interface Case {
  readonly title: string;
  readonly parts: readonly MadeUp[];
  readonly architecture?: string;
  /** What the delegate sees; by default its own code is asked about the tree. */
  readonly npu?: NpuPresence;
  /** State, and what the text and the cure contain, by what it is about. */
  readonly expected: Readonly<Record<string, readonly [Finding['state'], string, string?]>>;
}

export const rock = 'Radxa ROCK 5B';
export const okay = ['okay', 'okay', 'okay'];

export const cases: readonly Case[] = [
  {
    title: 'an RK3588 with all that it needs',
    parts: [kernel('7.3.4'), tree(rock, 'rk3588', okay), bound(), node, running],
    npu: ready,
    expected: {
      kernel: ['ok', '7.3.4'],
      chip: ['ok', `rk3588, ${rock}`],
      driver: ['ok', 'loaded'],
      cores: ['ok', '3 bound: fdab0000.npu'],
      node: ['ok', '/dev/accel/accel0 opens'],
      clock: ['ok', '200 MHz'],
      interrupts: ['ok', 'fdab0000.npu (15): CPU 0, fdac0000.npu (16): CPU 4-7'],
      'device=auto': ['ok', 'the NPU'],
    },
  },
  {
    title: 'an RK3588S without the module',
    parts: [kernel('6.18.1'), tree('Orange Pi 5', 'rk3588s', okay)],
    expected: {
      kernel: ['ok', '6.18.1'],
      driver: ['failed', 'not loaded', 'modprobe rocket'],
      cores: ['absent', 'no driver'],
      node: ['failed', 'the driver made none'],
      'device=auto': ['failed', "TFLite's kernels", 'lines above'],
    },
  },
  {
    title: 'a kernel that is too old',
    parts: [kernel('6.12.9-arm64'), tree(rock, 'rk3588', okay)],
    expected: { kernel: ['failed', 'older than 6.18', '6.18 or later'] },
  },
  {
    title: 'a kernel built without the driver',
    parts: [
      kernel('7.3.4'),
      tree(rock, 'rk3588'),
      { files: { 'boot/config-7.3.4': '# CONFIG_DRM_ACCEL_ROCKET is not set\n' } },
    ],
    expected: { kernel: ['failed', 'built without the driver', 'CONFIG_DRM_ACCEL_ROCKET'] },
  },
  {
    title: "the vendor's kernel",
    parts: [kernel('6.1.75-rockchip'), tree(rock, 'rk3588'), { folders: ['sys/bus/platform/drivers/RKNPU'] }],
    expected: {
      kernel: ['failed', "the vendor's", '6.18 or later'],
      driver: ['failed', 'not loaded', '6.18 or later'],
    },
  },
  {
    title: "nodes that the board's device tree disables",
    parts: [kernel('7.3.4'), tree(rock, 'rk3588', ['disabled', 'disabled', 'disabled']), module],
    expected: {
      driver: ['ok', 'loaded'],
      cores: ['failed', 'all 3 are disabled', 'okay'],
      'device=auto': ['failed', "TFLite's kernels"],
    },
  },
  {
    title: 'enabled nodes that the driver refused',
    parts: [kernel('7.3.4'), tree(rock, 'rk3588', okay), module],
    expected: { cores: ['failed', 'has bound none', 'dmesg'] },
  },
  {
    title: 'an RK3576',
    parts: [kernel('7.3.4'), tree('ROCK 4D', 'rk3576')],
    expected: {
      chip: ['absent', 'made for the RK3588'],
      'device=auto': ['absent', 'the chip is rk3576'],
    },
  },
  {
    title: 'a container without the device tree and without the node',
    parts: [kernel('7.3.4'), bound(), { files: { '.dockerenv': '' } }],
    expected: {
      chip: ['ok', 'rk3588'],
      node: ['failed', 'the kernel has accel0', '--device /dev/accel/accel0'],
      sandbox: ['ok', 'container (docker)'],
    },
  },
  {
    title: 'a systemd unit with PrivateDevices',
    parts: [kernel('7.3.4'), tree(rock, 'rk3588', okay), bound()],
    expected: { node: ['failed', 'does not show it here', 'PrivateDevices=no'] },
  },
  {
    title: 'a node that a profile of AppArmor keeps away',
    parts: [
      kernel('7.3.4'),
      tree(rock, 'rk3588', okay),
      bound(),
      node,
      { files: { 'proc/self/attr/current': 'snap.camera (enforce)\n' } },
    ],
    npu: { ...ready, presence: 'unusable', path: '', text: 'no permission' },
    expected: {
      node: ['failed', 'is not opened: no permission', 'allow "/dev/accel/accel0 rw" in the profile snap.camera'],
      sandbox: ['ok', 'confined as snap.camera'],
    },
  },
  {
    title: 'an arm64 machine of which nothing tells what it is',
    parts: [kernel('6.18.0')],
    architecture: 'arm64',
    expected: { chip: ['absent', 'neither /sys nor the device tree', '/sys'] },
  },
  {
    title: 'a PC',
    parts: [kernel('6.18.0')],
    expected: {
      kernel: ['ok', '6.18.0'],
      chip: ['absent', 'no Rockchip chip'],
      'device=auto': ['absent', 'software NPU'],
    },
  },
];

/** What `ptfe doctor` says of the NPU of a made-up machine, by what the delegate sees of it. */
export const findingsOf = (
  parts: readonly MadeUp[],
  presence: NpuPresence | ((root: string) => NpuPresence),
  architecture = 'x64',
): readonly Finding[] => {
  const folder = madeUpRoot(...parts);
  try {
    const seen = typeof presence === 'function' ? presence(folder) : presence;
    const machine = readMachine(folder);
    return [...npuFindings(machine, seen, root, architecture), choiceFinding(seen, machine)];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const expectFindings = ({ expected }: Case, findings: readonly Finding[]): void => {
  for (const { what, state, text, cure } of findings) {
    expect(text, what).to.not.equal('');
    if (state === 'failed') expect(cure, what).to.match(/./);
  }
  for (const [what, [state, text, cure]] of Object.entries(expected)) {
    const found = findings.find((finding) => finding.what === what);
    expect(found, what).to.deep.include({ state });
    expect(found?.text, what).to.contain(text);
    if (cure !== undefined) expect(found?.cure, what).to.contain(cure);
  }
};
