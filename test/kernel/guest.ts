/** A guest: busybox, the kernel's modules, TFLite's C library with Mesa's Teflon, ptfe's library; and one boot of it. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from './bed.js';
import { packFolder } from './cpio.js';
import { kernelTest } from './versions.js';

export interface GuestFiles {
  /** Debian's arm64 libraries: `usr/lib/aarch64-linux-gnu`, `usr/lib/teflon`. */
  readonly sysroot: string;
  /** Files for /bin. */
  readonly programs: readonly string[];
  /** Files for /m: models and plans. */
  readonly models: readonly string[];
  /** ptfe's library for the guest. */
  readonly library: string;
}

export interface Boot {
  /** rocket.ko: `rocket`, or `rocket-30s` with a longer time limit for jobs. */
  readonly module: 'rocket' | 'rocket-30s';
  /** Commands of busybox's shell. */
  readonly commands: readonly string[];
  readonly seconds: number;
}

export interface BootResult {
  readonly console: string;
  /** What the NPU outside said. */
  readonly npu: string;
  readonly ended: boolean;
}

const applets = [
  'sh',
  'mount',
  'insmod',
  'cat',
  'echo',
  'ls',
  'dmesg',
  'sleep',
  'poweroff',
  'grep',
  'kill',
  'timeout',
  'chmod',
  'mkdir',
  'rm',
  'env',
];
const unneeded = ['libcpuinfo_', 'expatw', 'libmvec'];
const cores = 3;

const copyAll = (files: readonly string[], folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
};

const initScript = ({ module, commands }: Boot): string =>
  [
    '#!/bin/sh',
    'mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev',
    'export PATH=/bin LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu HOME=/tmp',
    'for d in /sys/bus/pci/devices/0000:00:0[1-3].0; do echo 1 > $d/enable; done',
    `for m in ${[...kernelTest.modules, module].join(' ')}; do insmod /lib/$m.ko; done`,
    'echo "=== start"',
    ...commands,
    'echo "=== end"',
    'poweroff -f',
    '',
  ].join('\n');

const initrd = (bed: Bed, files: GuestFiles, boot: Boot): Uint8Array => {
  const tree = mkdtempSync(join(tmpdir(), 'ptfe-guest-'));
  for (const folder of ['bin', 'proc', 'sys', 'dev', 'tmp', 'lib', 'usr/lib/aarch64-linux-gnu']) {
    mkdirSync(join(tree, folder), { recursive: true });
  }
  copyFileSync(join(bed.folder, 'busybox/usr/bin/busybox'), join(tree, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(tree, 'bin', applet));
  copyAll(
    [...kernelTest.modules, boot.module].map((name) => join(bed.folder, 'modules', `${name}.ko`)),
    join(tree, 'lib'),
  );
  const libraries = join(files.sysroot, 'usr/lib/aarch64-linux-gnu');
  const needed = readdirSync(libraries).filter(
    (name) => /\.so(\.|$)/.test(name) && !unneeded.some((part) => name.includes(part)),
  );
  copyAll(
    needed.map((name) => join(libraries, name)),
    join(tree, 'usr/lib/aarch64-linux-gnu'),
  );
  copyFileSync(join(libraries, 'ld-linux-aarch64.so.1'), join(tree, 'lib/ld-linux-aarch64.so.1'));
  copyAll([join(files.sysroot, 'usr/lib/teflon/libteflon.so')], join(tree, 'usr/lib/teflon'));
  copyAll([files.library], join(tree, 'usr/lib'));
  copyAll(files.programs, join(tree, 'bin'));
  copyAll(files.models, join(tree, 'm'));
  for (const program of files.programs) chmodSync(join(tree, 'bin', basename(program)), 0o755);
  writeFileSync(join(tree, 'init'), initScript(boot), { mode: 0o755 });
  const packed = packFolder(tree);
  rmSync(tree, { recursive: true });
  return packed;
};

const qemuArguments = (bed: Bed, sockets: string, image: string): readonly string[] => {
  const libraries = join(bed.root, 'usr/lib/x86_64-linux-gnu');
  const devices = Array.from({ length: cores }, (_, i) => [
    '-device',
    JSON.stringify({
      driver: 'vfio-user-pci',
      addr: String(i + 1),
      socket: { path: `${sockets}${i}`, type: 'unix' },
    }),
  ]);
  return [
    ...['--library-path', libraries, join(bed.root, 'usr/bin/qemu-system-aarch64')],
    ...['-L', join(bed.root, 'usr/share/qemu'), '-M', 'virt,gic-version=3,memory-backend=mem'],
    ...['-object', 'memory-backend-memfd,id=mem,size=1024M,share=on', '-cpu', 'cortex-a57', '-smp', '2', '-m', '1024'],
    ...['-nic', 'none', '-nographic', '-no-reboot', '-kernel', join(bed.root, 'w/Image')],
    ...['-dtb', join(bed.root, 'w/npu.dtb'), '-initrd', image, ...devices.flat()],
    ...['-append', 'console=ttyAMA0 panic=-1 quiet loglevel=3'],
  ];
};

/** @param server the NPU outside QEMU (test/kernel/npu), built for this machine */
export const bootGuest = async (bed: Bed, files: GuestFiles, server: string, boot: Boot): Promise<BootResult> => {
  const scratch = mkdtempSync(join(tmpdir(), 'ptfe-npu-'));
  const image = join(scratch, 'initrd.gz');
  writeFileSync(image, initrd(bed, files, boot));
  const sockets = join(scratch, 'npu');
  const npu = spawn(server, [String(cores), sockets, process.env['PTFE_KERNEL_VERBOSE'] ?? '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  npu.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!existsSync(`${sockets}${cores - 1}`)) await sleep(20);
  const loader = join(bed.root, 'usr/lib64/ld-linux-x86-64.so.2');
  const machine = spawn(loader, qemuArguments(bed, sockets, image), { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  machine.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  machine.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const limit = setTimeout(() => machine.kill('SIGKILL'), boot.seconds * 1000);
  await new Promise((resolve) => machine.on('close', resolve));
  clearTimeout(limit);
  npu.kill();
  rmSync(scratch, { recursive: true, force: true });
  return { console: text.replaceAll('\r', ''), npu: said, ended: text.includes('=== end') };
};
