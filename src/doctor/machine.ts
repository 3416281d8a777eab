/**
 * What the kernel says of this machine's NPU, read below a root: that of the machine, or a test's tree. Nothing is opened but
 * small files of /proc and /sys.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Core {
  /** As the kernel calls it: `fdab0000.npu`. */
  readonly name: string;
  readonly chip: string | null;
}

export interface AccelNode {
  readonly path: string;
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  /** By its number in /etc/group. */
  readonly groupName: string | null;
}

export interface Interrupt {
  readonly number: string;
  readonly name: string;
  /** Processors that serve it, as the kernel lists them; null where it does not say. */
  readonly cpus: string | null;
}

export interface Machine {
  readonly kernel: string | null;
  /** From CONFIG_DRM_ACCEL_ROCKET of the kernel's configuration: y, m or n; null where it cannot be read. */
  readonly configured: string | null;
  /** `rk3588`: of the driver's cores, else of the device tree; null where nothing tells. */
  readonly chip: string | null;
  readonly board: string | null;
  /** The driver is here, as a module or built in. */
  readonly driverLoaded: boolean;
  readonly vendorDriver: boolean;
  /** Cores that the driver has bound. */
  readonly cores: readonly Core[];
  /** `status` of the NPU's nodes of the device tree, where it is readable. */
  readonly statuses: readonly string[];
  /** Nodes that the kernel made, whether this process sees them in /dev or not. */
  readonly kernelNodes: readonly string[];
  readonly nodes: readonly AccelNode[];
  readonly container: string | null;
  /** AppArmor's or SELinux' name for what confines this process; null: nothing does. */
  readonly confinement: string | null;
  readonly clockHertz: number | null;
  readonly interrupts: readonly Interrupt[];
}

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** `rockchip,rk3588-rknn-core` -> `rk3588`. */
const chipOf = (compatible: string): string | null => /rockchip,(rk\d+s?)\b/.exec(compatible)?.[1] ?? null;

const readCores = (root: string): readonly Core[] => {
  const folder = join(root, 'sys/bus/platform/drivers/rocket');
  return namesIn(folder).flatMap((name) => {
    const compatible = /^OF_COMPATIBLE_0=(.*rknn-core.*)$/m.exec(textOf(join(folder, name, 'uevent')) ?? '')?.[1];
    return compatible === undefined ? [] : [{ name, chip: chipOf(compatible) }];
  });
};

const trees = ['sys/firmware/devicetree/base', 'proc/device-tree'];

/** A property of the device tree's root: strings that end with zeros. */
const rootProperty = (root: string, property: string): readonly string[] => {
  const text = trees.map((tree) => textOf(join(root, tree, property))).find((found) => found !== null) ?? '';
  return text.split('\0').filter((part) => part !== '');
};

/** The nodes `npu@...` lie at the root of the tree, or below `soc`. */
const readStatuses = (root: string): readonly string[] =>
  trees
    .map((tree) =>
      ['', 'soc'].flatMap((below) => {
        const folder = join(root, tree, below);
        return namesIn(folder)
          .filter((name) => name.startsWith('npu@'))
          .map((name) => textOf(join(folder, name, 'status'))?.replace(/\0.*$/s, '') ?? 'okay');
      }),
    )
    .find((statuses) => statuses.length > 0) ?? [];

const groupNames = (root: string): ReadonlyMap<number, string> =>
  new Map(
    (textOf(join(root, 'etc/group')) ?? '').split('\n').flatMap((line) => {
      const [name = '', , id = ''] = line.split(':');
      return id === '' ? [] : [[Number(id), name] as const];
    }),
  );

const readNodes = (root: string): readonly AccelNode[] => {
  const groups = groupNames(root);
  return namesIn(join(root, 'dev/accel'))
    .filter((name) => /^accel\d+$/.test(name))
    .flatMap((name) => {
      const status = statSync(join(root, 'dev/accel', name), { throwIfNoEntry: false });
      if (status === undefined) return [];
      const { mode, uid, gid } = status;
      return [
        { path: `/dev/accel/${name}`, mode: mode & 0o777, user: uid, group: gid, groupName: groups.get(gid) ?? null },
      ];
    });
};

const readContainer = (root: string): string | null => {
  if (exists(join(root, '.dockerenv'))) return 'docker';
  if (exists(join(root, 'run/.containerenv'))) return 'podman';
  const named = /(?:^|\0)container=([^\0]+)/.exec(textOf(join(root, 'proc/1/environ')) ?? '')?.[1];
  return (
    named ?? /\b(docker|lxc|kubepods|containerd|libpod)\b/.exec(textOf(join(root, 'proc/1/cgroup')) ?? '')?.[1] ?? null
  );
};

const readConfinement = (root: string): string | null => {
  const text = (textOf(join(root, 'proc/self/attr/current')) ?? '').replace(/[\0\n]+$/, '');
  return text === '' || text.startsWith('unconfined') || text === 'kernel' ? null : text;
};

const numberOf = (path: string): number | null => {
  const text = textOf(path)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
};

/** The kernel's clock tree is for root; a devfreq device is there with some kernels only. */
const readClock = (root: string): number | null => {
  const clocks = join(root, 'sys/kernel/debug/clk');
  const devfreq = join(root, 'sys/class/devfreq');
  const files = [
    ...namesIn(clocks)
      .filter((name) => /^(scmi_clk_npu|clk_npu|clk_rknn_dsu0)$/.test(name))
      .map((name) => join(clocks, name, 'clk_rate')),
    ...namesIn(devfreq)
      .filter((name) => name.includes('npu'))
      .map((name) => join(devfreq, name, 'cur_freq')),
  ];
  return files.map(numberOf).find((rate) => rate !== null) ?? null;
};

const readInterrupts = (root: string, cores: readonly Core[]): readonly Interrupt[] =>
  (textOf(join(root, 'proc/interrupts')) ?? '').split('\n').flatMap((line) => {
    const number = /^\s*(\d+):/.exec(line)?.[1];
    const name = cores.find((core) => line.includes(core.name))?.name;
    if (number === undefined || name === undefined) return [];
    const cpus = textOf(join(root, 'proc/irq', number, 'effective_affinity_list'))?.trim() ?? '';
    return [{ number, name, cpus: cpus === '' ? null : cpus }];
  });

const readConfigured = (root: string, kernel: string | null): string | null => {
  const text = kernel === null ? null : textOf(join(root, 'boot', `config-${kernel}`));
  return text === null ? null : (/^CONFIG_DRM_ACCEL_ROCKET=(\w)/m.exec(text)?.[1] ?? 'n');
};

const isAccel = (root: string, name: string): boolean => {
  try {
    return /(^|\/)rknn$/.test(readlinkSync(join(root, 'sys/class/accel', name, 'device')));
  } catch {
    return false;
  }
};

/** @param root '/' or the folder of a test's tree */
export const readMachine = (root: string): Machine => {
  const cores = readCores(root);
  const kernel = textOf(join(root, 'proc/sys/kernel/osrelease'))?.trim() ?? null;
  const compatible = rootProperty(root, 'compatible').map(chipOf);
  return {
    kernel,
    configured: readConfigured(root, kernel),
    chip:
      cores.map(({ chip }) => chip).find((chip) => chip !== null) ??
      compatible.findLast((chip) => chip !== null) ??
      null,
    board: rootProperty(root, 'model')[0] ?? null,
    driverLoaded: ['sys/module/rocket', 'sys/bus/platform/drivers/rocket'].some((path) => exists(join(root, path))),
    vendorDriver: exists(join(root, 'sys/module/rknpu')) || exists(join(root, 'sys/bus/platform/drivers/RKNPU')),
    cores,
    statuses: readStatuses(root),
    kernelNodes: namesIn(join(root, 'sys/class/accel')).filter((name) => isAccel(root, name)),
    nodes: readNodes(root),
    container: readContainer(root),
    confinement: readConfinement(root),
    clockHertz: readClock(root),
    interrupts: readInterrupts(root, cores),
  };
};
