/** What stands between a program and the NPU on this machine, from the kernel up; each with its cure. */
import type { NpuPresence } from '../cli/installation.js';
import { chips } from '../hardware/chips.js';
import { absent, failed, type Finding, ok } from './finding.js';
import type { AccelNode, Machine } from './machine.js';

/** Who opens the node. */
export interface Identity {
  readonly user: number;
  readonly groups: readonly number[];
}

const leastKernel = [6, 18] as const;
const rocketKernel = 'a kernel 6.18 or later with CONFIG_DRM_ACCEL_ROCKET=m (docs/board.md, 1)';

const isOldKernel = (version: string): boolean => {
  const [major = NaN, minor = NaN] = version.split(/[.-]/).map(Number);
  return !(major > leastKernel[0] || (major === leastKernel[0] && minor >= leastKernel[1]));
};

const isServed = (chip: string | null): boolean =>
  chips.some(({ deviceTree }) => deviceTree.some((name) => name === chip));
const served = chips.map(({ name }) => name).join(', ');
const isRockchipNpu = ({ chip, cores }: Machine): boolean => cores.length > 0 || (chip?.startsWith('rk35') ?? false);

const kernelFinding = (machine: Machine): Finding => {
  const { kernel, configured, vendorDriver, driverLoaded } = machine;
  if (kernel === null) return absent('kernel', 'its version cannot be read');
  const text = configured === null ? kernel : `${kernel}, CONFIG_DRM_ACCEL_ROCKET=${configured}`;
  if (!isRockchipNpu(machine) || driverLoaded) return ok('kernel', text);
  if (vendorDriver) return failed('kernel', `${text}: the vendor's, with its own driver rknpu`, rocketKernel);
  if (isOldKernel(kernel)) return failed('kernel', `${text}: older than ${leastKernel.join('.')}`, rocketKernel);
  if (configured === 'n') return failed('kernel', `${text}: built without the driver`, rocketKernel);
  return ok('kernel', text);
};

const chipFinding = ({ chip, board, nodes, container }: Machine, architecture: string): Finding => {
  const text = [chip, board].filter((part) => part !== null).join(', ');
  if (isServed(chip)) return ok('chip', text);
  if (chip !== null) return absent('chip', `${text}: programs are made for the ${served} so far`, 'none yet');
  if (architecture !== 'arm64' && nodes.length === 0) return absent('chip', 'no Rockchip chip');
  const where =
    container === null ? 'neither /sys nor the device tree' : 'neither /sys nor the device tree of the container';
  return absent('chip', `${where} says which`, 'on a board: let /sys be read there');
};

const driverFinding = ({ driverLoaded, vendorDriver }: Machine): Finding => {
  if (driverLoaded) return ok('driver', 'rocket is loaded');
  const cure = vendorDriver
    ? rocketKernel
    : 'sudo modprobe rocket; where there is none: another kernel (docs/board.md, 1)';
  return failed('driver', 'rocket is not loaded', cure);
};

const enableCure = 'status = "okay" for the cores and their IOMMUs, in an overlay (docs/board.md, 1)';

const coresFinding = ({ cores, statuses, driverLoaded }: Machine): Finding => {
  const enabled = statuses.filter((status) => status === 'okay' || status === 'ok').length;
  if (cores.length > 0) return ok('cores', `${cores.length} bound: ${cores.map(({ name }) => name).join(', ')}`);
  if (statuses.length > 0 && enabled === 0)
    return failed('cores', `all ${statuses.length} are disabled in the board's device tree`, enableCure);
  if (!driverLoaded) return absent('cores', 'none is bound: no driver');
  return enabled > 0
    ? failed(
        'cores',
        `${enabled} are enabled, and the driver has bound none`,
        'sudo dmesg | grep -iE "rocket|npu|iommu" says why',
      )
    : failed('cores', 'the driver has bound none: the device tree does not enable them', enableCure);
};

const mayOpen = ({ mode, user, group }: AccelNode, identity: Identity): boolean => {
  if (identity.user === 0) return true;
  if (identity.user === user) return (mode & 0o600) === 0o600;
  return identity.groups.includes(group) ? (mode & 0o060) === 0o060 : (mode & 0o006) === 0o006;
};

const permissionFinding = (node: AccelNode, { container }: Machine): Finding => {
  const { path, mode, group, groupName } = node;
  const name = groupName ?? String(group);
  const text = `${path}: group ${name}, mode ${mode.toString(8).padStart(4, '0')}: this user may not open it`;
  const rule = `a udev rule: SUBSYSTEM=="accel", GROUP="render", MODE="0660" (docs/board.md, 2)`;
  const join = container === null ? `sudo usermod -aG ${name} $USER, then log in anew` : `--group-add ${group}`;
  return failed('node', text, group === 0 || (mode & 0o060) !== 0o060 ? rule : join);
};

const sandboxCure = ({ container, confinement }: Machine, path: string): string => {
  if (container !== null) return `start the container with --device ${path}`;
  if (confinement !== null) return `allow "${path} rw" in the profile ${confinement}`;
  return `a systemd unit: PrivateDevices=no and DeviceAllow=${path} rw; elsewhere: let the sandbox show ${path}`;
};

const nodeFinding = (machine: Machine, npu: NpuPresence | null, identity: Identity): Finding => {
  const { nodes, kernelNodes } = machine;
  const [first] = nodes;
  const [made] = kernelNodes;
  if (npu?.presence === 'ready') return ok('node', `${npu.path} opens`);
  if (first === undefined) {
    return made === undefined
      ? failed('node', 'no /dev/accel/accel*: the driver made none', 'the lines above')
      : failed(
          'node',
          `the kernel has ${made}, and /dev/accel does not show it here`,
          sandboxCure(machine, `/dev/accel/${made}`),
        );
  }
  const own = nodes.find(({ path }) => kernelNodes.some((name) => path.endsWith(`/${name}`))) ?? first;
  if (!mayOpen(own, identity)) return permissionFinding(own, machine);
  if (npu === null) return absent('node', `${own.path} is there; whether it opens is not known without the addon`);
  return failed('node', `${own.path} is there, and is not opened: ${npu.text}`, sandboxCure(machine, own.path));
};

const sandboxFinding = ({ container, confinement }: Machine): Finding => {
  const found = [
    ...(container === null ? [] : [`container (${container})`]),
    ...(confinement === null ? [] : [`confined as ${confinement}`]),
  ];
  return ok('sandbox', found.length === 0 ? 'none seen' : found.join(', '));
};

const clockFinding = ({ clockHertz }: Machine): Finding =>
  clockHertz === null
    ? absent('clock', 'not readable here', 'sudo, with debugfs at /sys/kernel/debug')
    : ok('clock', `${(clockHertz / 1e6).toFixed(0)} MHz`);

const interruptsFinding = ({ interrupts }: Machine): Finding =>
  interrupts.length === 0
    ? absent('interrupts', 'none of the NPU in /proc/interrupts')
    : ok(
        'interrupts',
        interrupts.map(({ number, name, cpus }) => `${name} (${number}): CPU ${cpus ?? 'unknown'}`).join(', '),
      );

/** @param npu what the delegate sees; null where the addon cannot be asked */
export const npuFindings = (
  machine: Machine,
  npu: NpuPresence | null,
  identity: Identity,
  architecture: string,
): readonly Finding[] => {
  const first = [kernelFinding(machine), chipFinding(machine, architecture)];
  const hasNpu = isServed(machine.chip) || machine.cores.length > 0 || npu?.presence === 'ready';
  if (!hasNpu) return first;
  return [
    ...first,
    driverFinding(machine),
    coresFinding(machine),
    nodeFinding(machine, npu, identity),
    sandboxFinding(machine),
    clockFinding(machine),
    interruptsFinding(machine),
  ];
};

/** What `device=auto` takes here. */
export const choiceFinding = (npu: NpuPresence | null, { chip }: Machine): Finding => {
  const what = 'device=auto';
  if (npu === null) return absent(what, 'what it takes is not known without the addon', 'npm run build:native');
  switch (npu.presence) {
    case 'ready':
      return ok(what, `takes the NPU (${npu.chip}, ${npu.path})`);
    case 'unusable':
      return chip === null || isServed(chip)
        ? failed(what, `takes TFLite's kernels: ${npu.text}`, 'the lines above')
        : absent(what, `takes TFLite's kernels: ${npu.text}`);
    case 'unclear':
      return absent(what, `takes TFLite's kernels: ${npu.text}`);
    case 'absent':
      return absent(
        what,
        'takes the software NPU, bit-exact and slow: no NPU here',
        "device=none for TFLite's kernels",
      );
  }
};
