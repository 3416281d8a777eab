/** What the kernel test needs from Debian, and the versions with which it was last seen to work (November 2026). */
export const kernelTest = {
  /** The kernel, its headers and source, and a QEMU with vfio-user. */
  releases: ['trixie', 'trixie-backports'],
  worked: { kernel: '7.3.4+deb13', qemu: '11.1.3', guestLibraries: 'sid of 2026-11', node: '24.22.2' },
  hostPackages: [
    'qemu-system-arm',
    'device-tree-compiler',
    'gcc-aarch64-linux-gnu',
    'libc6-dev-arm64-cross',
    'make',
    'dash',
    'coreutils',
    'sed',
    'gawk',
    'grep',
    'findutils',
    'base-files',
  ],
  /** Modules of Debian's that rocket.ko stands on, in the order in which they are loaded. */
  modules: ['drm', 'drm_kms_helper', 'drm_shmem_helper', 'gpu-sched'],
  /** Seen: 366 MB of packages, 763 MB left behind. */
  megabytes: 800,
} as const;
