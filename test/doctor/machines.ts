/** Made-up /dev, /proc and /sys of machines, as the rocket driver's guest and boards' kernels show them. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface MadeUp {
  readonly files?: Readonly<Record<string, string>>;
  readonly folders?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
}

export const madeUpRoot = (...parts: readonly MadeUp[]): string => {
  const root = mkdtempSync(join(tmpdir(), 'ptfe-machine-'));
  const place = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  for (const { files = {}, folders = [], links = {} } of parts) {
    for (const folder of folders) mkdirSync(place(`${folder}/.`), { recursive: true });
    for (const [path, text] of Object.entries(files)) writeFileSync(place(path), text);
    for (const [path, target] of Object.entries(links)) symlinkSync(target, place(path));
  }
  return root;
};

export const kernel = (version: string): MadeUp => ({ files: { 'proc/sys/kernel/osrelease': `${version}\n` } });

const coreNames = ['fdab0000.npu', 'fdac0000.npu', 'fdad0000.npu'];

export const tree = (board: string, chip: string, statuses: readonly string[] = []): MadeUp => ({
  files: {
    'sys/firmware/devicetree/base/model': `${board}\0`,
    'sys/firmware/devicetree/base/compatible': `maker,board\0rockchip,${chip}\0`,
    ...Object.fromEntries(
      statuses.map((status, i) => [
        `sys/firmware/devicetree/base/npu@fd${['ab', 'ac', 'ad'][i] ?? ''}0000/status`,
        `${status}\0`,
      ]),
    ),
  },
});

export const module: MadeUp = { folders: ['sys/module/rocket'] };

export const bound = (compatible = 'rockchip,rk3588-rknn-core'): MadeUp => ({
  folders: ['sys/module/rocket'],
  files: Object.fromEntries(
    coreNames.map((name) => [
      `sys/bus/platform/drivers/rocket/${name}/uevent`,
      `DRIVER=rocket\nOF_NAME=npu\nOF_COMPATIBLE_0=${compatible}\nOF_COMPATIBLE_N=1\n`,
    ]),
  ),
  links: { 'sys/class/accel/accel0/device': '../../../devices/platform/rknn' },
});

export const node: MadeUp = { files: { 'dev/accel/accel0': '', 'etc/group': 'root:x:0:\nrender:x:104:\n' } };

export const running: MadeUp = {
  files: {
    'proc/interrupts': [
      '            CPU0       CPU1',
      '  15:          3          0  GICv3      36 Level     fdab9000.iommu, fdab0000.npu',
      '  16:          0          4  GICv3      37 Level     fdaca000.iommu, fdac0000.npu',
      '  19:          0          0  GICv3      23 Level     arm-pmu',
      '',
    ].join('\n'),
    'proc/irq/15/effective_affinity_list': '0\n',
    'proc/irq/16/effective_affinity_list': '4-7\n',
    'sys/kernel/debug/clk/scmi_clk_npu/clk_rate': '200000000\n',
  },
};
