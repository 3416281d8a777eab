/** A guest: busybox, the kernel's modules, TFLite's C library with Mesa's Teflon, ptfe's library; and one boot of it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from './bed.js';
import { packFolder } from './cpio.js';
import { marks } from './lines.js';
import { type Share, shareOf, starvation } from './starvation.js';
import { kernelTest } from './versions.js';

export interface GuestFiles {
  /** Debian's arm64 libraries: `usr/lib/aarch64-linux-gnu`. */
  readonly sysroot: string;
  /** Files by the guest's folder. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

export interface Step {
  readonly name: string;
  /** Commands of busybox's shell. */
  readonly commands: readonly string[];
  /** Seconds in which its processes use no CPU, and behind which it hangs. */
  readonly stall: number;
  /** Seconds behind which it is too slow. */
  readonly most: number;
}

export interface Boot {
  /** rocket.ko: `rocket`, or `rocket-30s` with a longer time limit for jobs. */
  readonly module: 'rocket' | 'rocket-30s';
  /** More of the kernel's command line. */
  readonly append: string;
  /** What all steps are given. */
  readonly environment: readonly string[];
  readonly steps: readonly Step[];
  /** Date.now() at which the machine is switched off. */
  readonly until: number;
}

export interface BootResult {
  readonly console: string;
  /** What the NPU outside said. */
  readonly npu: string;
  /**
   * well: to its end. stuck: a step's processes could not be killed. frozen: the guest said nothing any more, not even that it
   * is alive. cut: at the time limit, or QEMU ended by itself.
   */
  readonly ended: 'well' | 'stuck' | 'frozen' | 'cut';
  /** By step: how much of the time no processor was free for the guest and its NPU. */
  readonly starvation: ReadonlyMap<string, number>;
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
/** Lines of the console. */
const ends = { start: '=== start', well: '=== end', stuck: '=== stuck' } as const;

const unneeded = ['libcpuinfo_', 'expatw', 'libmvec'];
const cores = 3;

/** Files, and folders with all that is in them. */
const copyAll = (paths: readonly string[], folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const path of paths) {
    const copy = join(folder, basename(path));
    if (statSync(path).isDirectory()) cpSync(path, copy, { recursive: true, verbatimSymlinks: true });
    else copyFileSync(path, copy);
  }
};

const stepOf = ({ name, stall, most }: Step, index: number): readonly string[] => [
  `echo; echo "${marks.scenario}${name}"`,
  `limit ${stall} ${most} /s/${index}.sh; gone=$?`,
  `sleep 0.2; echo "${marks.kernel}"; dmesg -c`,
  `[ $gone = 0 ] || { echo "${ends.stuck}"; sleep 60; }`,
];

const initScript = ({ module, environment, steps }: Boot): string =>
  [
    '#!/bin/sh',
    'mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev',
    'export PATH=/bin LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu HOME=/tmp',
    ...environment.map((assignment) => `export ${assignment}`),
    'for d in /sys/bus/pci/devices/0000:00:0[1-3].0; do echo 1 > $d/enable; done',
    `for m in ${[...kernelTest.modules, module].join(' ')}; do insmod /lib/$m.ko; done`,
    'dmesg -c > /tmp/boot',
    `echo "${ends.start}"`,
    ...steps.flatMap(stepOf),
    `echo "${ends.well}"`,
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
  for (const [folder, own] of Object.entries(files.folders)) copyAll(own, join(tree, folder));
  for (const program of files.folders['bin'] ?? []) chmodSync(join(tree, 'bin', basename(program)), 0o755);
  mkdirSync(join(tree, 's'));
  boot.steps.forEach(({ commands }, i) =>
    writeFileSync(join(tree, 's', `${i}.sh`), commands.map((command) => `${command} 2>&1\n`).join('')),
  );
  writeFileSync(join(tree, 'init'), initScript(boot), { mode: 0o755 });
  const packed = packFolder(tree);
  rmSync(tree, { recursive: true });
  return packed;
};

const qemuArguments = (bed: Bed, sockets: string, image: string, append: string): readonly string[] => {
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
    ...['-append', `console=ttyAMA0 panic=-1 quiet loglevel=3 sysrq_always_enabled ${append}`],
  ];
};

/** QEMU's keys (docs: "Keys in the character backend multiplexer"): a break, SysRq's letters behind it, then the monitor. */
const questions = ['\x01b7', '\x01bl', '\x01bw', '\x01cinfo registers -a\n'] as const;

/** Seconds without any line, though guest/limit.c gives one every 5. */
const silence = 60;

interface Watched {
  readonly machine: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly npu: ChildProcessByStdio<null, null, Readable>;
}

/** Follows a guest to its end. */
const watch = async ({ machine, npu }: Watched, until: number): Promise<Omit<BootResult, 'npu'>> => {
  const pids = [machine.pid, npu.pid].filter((pid) => pid !== undefined);
  const looks: (readonly [string, Share])[] = [];
  let text = '';
  let heard = Date.now();
  let open = true;
  const listen = (part: string): void => {
    const from = text.lastIndexOf('\n') + 1;
    text += part;
    heard = Date.now();
    for (const line of text.slice(from, text.lastIndexOf('\n') + 1).split('\n')) {
      if (line.startsWith(marks.scenario)) looks.push([line.slice(marks.scenario.length).trim(), shareOf(pids)]);
      if (line.startsWith(marks.kernel)) looks.push(['', shareOf(pids)]);
      if (line.startsWith(marks.limit)) npu.kill('SIGUSR1');
    }
  };
  machine.stdout.setEncoding('utf8').on('data', listen);
  machine.stderr.setEncoding('utf8').on('data', listen);
  machine.once('close', () => (open = false));
  const isSilent = (): boolean => Date.now() - heard > silence * 1000;
  while (open && Date.now() < until && !isSilent() && !text.includes(ends.stuck)) await sleep(100);
  if (open) looks.push(['', shareOf(pids)]);
  const isFrozen = open && Date.now() < until && isSilent();
  if (isFrozen) {
    npu.kill('SIGUSR1');
    for (const keys of questions) {
      machine.stdin.write(keys);
      await sleep(2000);
    }
  }
  machine.kill('SIGKILL');
  while (open) await sleep(20);
  const console = text.replaceAll('\r', '');
  return {
    console,
    ended: console.includes(ends.well) ? 'well' : console.includes(ends.stuck) ? 'stuck' : isFrozen ? 'frozen' : 'cut',
    starvation: new Map(
      looks.slice(1).map(([, after], i) => {
        const [name, before] = looks[i] ?? ['', after];
        return [name, starvation(before, after)] as const;
      }),
    ),
  };
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
  const machine = spawn(loader, qemuArguments(bed, sockets, image, boot.append), { stdio: ['pipe', 'pipe', 'pipe'] });
  machine.stdin.on('error', () => undefined); // it has ended
  const watched = await watch({ machine, npu }, boot.until);
  npu.kill();
  rmSync(scratch, { recursive: true, force: true });
  return { ...watched, npu: said };
};
