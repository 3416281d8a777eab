/**
 * Linux's own rocket driver without a board: Debian's arm64 kernel in QEMU, the driver's module built from Debian's
 * linux-source with its source unchanged, and an NPU outside QEMU (test/kernel/npu). Everything lies in one cache folder
 * that all clones share; each step leaves a mark, so that a set-up that was ended goes on where it was.
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { dependsOf, downloadAll, downloadOnly, forget, openApt, unpack } from '../host/apt.js';
import { withNpu } from './device_tree.js';
import { CannotSetUp, type Runner, runner } from '../host/process.js';
import { kernelTest } from './versions.js';

export interface Bed {
  readonly folder: string;
  /** Version of the kernel, as its packages name it. */
  readonly kernel: string;
  /** Debian for this machine: QEMU and the cross compiler. */
  readonly root: string;
}

const cores = 3;

/** Change when the steps below change what they leave. */
const generation = 1;

export const bedFolder = (): string =>
  process.env['PTFE_KERNEL_BED'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ptfe', `kernel-bed-${generation}`);

/** A command in the unpacked Debian: as root, or in a user namespace of one's own. */
const inRoot = ({ run }: Runner, root: string, title: string, command: string): string => {
  const chroot = ['chroot', root, 'sh', '-c', command];
  const [program = '', ...args] = process.getuid?.() === 0 ? chroot : ['unshare', '-r', ...chroot];
  return run(title, program, args);
};

const stepOf =
  (folder: string) =>
  (title: string, work: () => void): void => {
    const marks = join(folder, 'done');
    if (existsSync(marks) && readFileSync(marks, 'utf8').split('\n').includes(title)) return;
    process.stderr.write(`kernel test: ${title} ...\n`);
    work();
    appendFileSync(marks, `${title}\n`);
  };

const checkSpace = (folder: string): void => {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < 3 * kernelTest.megabytes)
    throw new CannotSetUp(
      `${free} MB are free for its cache folder, and it takes ${3 * kernelTest.megabytes} for a while`,
    );
};

const checkNamespaces = ({ tryRun }: Runner): void => {
  if (process.getuid?.() !== 0 && !tryRun('unshare', ['-r', 'true']).ok)
    throw new CannotSetUp('neither root nor user namespaces (unshare -r)');
};

/** The newest kernel of the release. */
const newestKernel = (depends: string): string => {
  const found = /Depends: linux-image-(\d\S*)-arm64/.exec(depends)?.[1];
  if (found === undefined) throw new CannotSetUp('the release has no linux-image-arm64');
  return found;
};

const fetchPackages = (commands: Runner, folder: string): void => {
  const architecture = commands.run('the architecture of this machine', 'dpkg', ['--print-architecture']).trim();
  const host = openApt(commands, join(folder, 'apt-host'), architecture, kernelTest.releases);
  const guest = openApt(commands, join(folder, 'apt-guest'), 'arm64', kernelTest.releases);
  const kernel = newestKernel(dependsOf(guest, 'linux-image-arm64'));
  const series = kernel.split('.').slice(0, 2).join('.');
  const own = [`linux-kbuild-${kernel}`, `linux-headers-${kernel}-common`, `linux-source-${series}`];
  const root = join(folder, 'root');
  rmSync(root, { recursive: true, force: true });
  const archives = downloadAll(host, [...kernelTest.hostPackages, ...own]);
  // base-files makes the links of a merged /usr, which the others' files go through.
  const first = archives.filter((archive) => archive.includes('base-files'));
  unpack(commands, [...first, ...archives], root);
  const guestPackages = ['binary', 'modules', 'base', 'headers'].map((part) => `linux-${part}-${kernel}-arm64`);
  const guestArchives = downloadOnly(guest, [...guestPackages, 'busybox-static']);
  const isBusybox = (archive: string): boolean => archive.includes('busybox');
  unpack(
    commands,
    guestArchives.filter((archive) => !isBusybox(archive)),
    root,
  );
  unpack(commands, guestArchives.filter(isBusybox), join(folder, 'busybox'));
  rmSync(join(root, 'usr/bin/awk'), { force: true });
  symlinkSync('gawk', join(root, 'usr/bin/awk'));
  mkdirSync(join(root, 'w'), { recursive: true });
  writeFileSync(join(folder, 'kernel'), kernel);
  forget(host);
  forget(guest);
};

/**
 * rocket.ko as the kernel's source has it, and one whose only change is a time limit of 30 s for a job: an emulated processor
 * and NPU need more than 500 ms for a whole model.
 */
const buildModules = (commands: Runner, { folder, kernel, root }: Bed): void => {
  const series = kernel.split('.').slice(0, 2).join('.');
  const source = join(root, `usr/src/linux-source-${series}.tar.xz`);
  const inside = `linux-source-${series}/drivers/accel/rocket`;
  commands.run('the source of the driver', 'tar', [
    '-xJf',
    source,
    '-C',
    join(root, 'w'),
    '--strip-components=3',
    inside,
  ]);
  const settings = 'ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CONFIG_DRM_ACCEL_ROCKET=m';
  const make = `make -s -C /usr/src/linux-headers-${kernel}-arm64 M=/w/rocket ${settings} modules`;
  const modules = join(folder, 'modules');
  mkdirSync(modules, { recursive: true });
  const build = (name: string): void => {
    inRoot(commands, root, 'rocket.ko', `${make} && aarch64-linux-gnu-strip --strip-debug /w/rocket/rocket.ko`);
    copyFileSync(join(root, 'w/rocket/rocket.ko'), join(modules, `${name}.ko`));
  };
  build('rocket');
  const file = join(root, 'w/rocket/rocket_job.c');
  const text = readFileSync(file, 'utf8');
  const longer = text.replace(/(#define JOB_TIMEOUT_MS )500\b/, '$130000');
  if (longer === text) throw new CannotSetUp("rocket's time limit is not where it was (JOB_TIMEOUT_MS 500)");
  writeFileSync(file, longer);
  build('rocket-30s');
  const own = join(root, `usr/lib/modules/${kernel}-arm64/kernel`);
  const packed = readdirSync(own, { recursive: true, encoding: 'utf8' });
  for (const name of kernelTest.modules) {
    const found = packed.find((path) => path.endsWith(`/${name}.ko.xz`));
    if (found === undefined) throw new CannotSetUp(`the kernel has no module ${name}`);
    commands.run(name, 'sh', ['-c', 'xz -dc "$0" > "$1"', join(own, found), join(modules, `${name}.ko`)]);
  }
};

const buildDeviceTree = (commands: Runner, { root }: Bed): void => {
  const machine = 'virt,gic-version=3,dumpdtb=/w/virt.dtb';
  const flags = '-cpu cortex-a57 -smp 2 -m 512 -nic none -nographic';
  inRoot(commands, root, "QEMU's device tree", `qemu-system-aarch64 -M ${machine} ${flags} 2> /dev/null`);
  inRoot(commands, root, "QEMU's device tree", 'dtc -q -I dtb -O dts -o /w/virt.dts /w/virt.dtb');
  writeFileSync(join(root, 'w/npu.dts'), withNpu(readFileSync(join(root, 'w/virt.dts'), 'utf8'), cores));
  inRoot(commands, root, 'the device tree', 'dtc -q -I dts -O dtb -o /w/npu.dtb /w/npu.dts');
};

const clean = ({ root, kernel }: Bed): void => {
  copyFileSync(join(root, `usr/lib/modules/${kernel}-arm64/vmlinuz`), join(root, 'w/Image'));
  for (const file of readdirSync(join(root, 'usr/src'))) {
    if (file.startsWith('linux-source')) rmSync(join(root, 'usr/src', file));
  }
  rmSync(join(root, `usr/lib/modules/${kernel}-arm64/kernel`), { recursive: true });
};

/**
 * The bed, set up where it is not there yet.
 * @param until Date.now() at which it must be ready
 * @throws CannotSetUp with the reason why it cannot be had here
 */
export const setUpBed = (until: number): Bed => {
  const commands = runner(until);
  const folder = bedFolder();
  mkdirSync(folder, { recursive: true });
  const step = stepOf(folder);
  const isReady = existsSync(join(folder, 'done')) && readFileSync(join(folder, 'done'), 'utf8').includes('ready');
  if (!isReady) {
    process.stderr.write(`kernel test: once, about ${kernelTest.megabytes} MB of Debian packages into ${folder}\n`);
    checkSpace(folder);
    checkNamespaces(commands);
  }
  step('packages', () => fetchPackages(commands, folder));
  const bed: Bed = { folder, kernel: readFileSync(join(folder, 'kernel'), 'utf8'), root: join(folder, 'root') };
  step('kernel modules', () => buildModules(commands, bed));
  step('device tree', () => buildDeviceTree(commands, bed));
  step('ready', () => clean(bed));
  return bed;
};
