/** A form of the vendor's compiler as a program: its register words as they are, what comes out by a formula of its own. */
import type { Cube, CubeShape, Memory } from '../machine.js';
import { flying } from '../layers.js';
import { registerWord, type Settings, tailWords, taskBytes, wordBytes } from '../program.js';

export interface Form {
  readonly title: string;
  readonly memory: Readonly<Record<string, Memory>>;
  readonly tasks: readonly Uint8Array[];
  readonly output: { readonly name: string; readonly shape: CubeShape };
  readonly expected: Cube;
  /** Other readings of facts under which something else must come out, or that refuse the form. */
  readonly flips?: Readonly<Record<string, readonly string[]>>;
}

export const at = {
  main: 0x100000,
  operand: 0x400000,
  weights: 0x800000,
  groups: 0xc00000,
  output: 0x1000000,
} as const;

/** Bytes of a plane on a multiple of 4 atoms. */
export const planeBytes = (width: number, height: number): number =>
  width * height === 1 ? 16 : Math.ceil((width * height) / 4) * 64;

/** An elementwise task as the vendor writes it: SIZE_E 0, surfaces one plane apart, planes on 4 atoms. */
export const elementwise = (width: number, height: number, channels: number, more: Settings): Settings => {
  const plane = planeBytes(width, height);
  const fill = plane - width * height * 16;
  return {
    ...flying(width, height, channels, { main: at.main, output: at.output }),
    'DPU.FEATURE_MODE_CFG': 0x1e5,
    'DPU.BS_CFG': 0x53,
    'DPU.BS_OW_CFG': 2,
    'DPU.BN_CFG': 0x53,
    'DPU.EW_CFG': 0x383,
    'DPU.DST_SURF_STRIDE': plane,
    'DPU.SURFACE_ADD': plane,
    'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7801,
    'DPU_RDMA.RDMA_SURF_NOTCH': fill,
    'DPU_RDMA.RDMA_EW_SURF_NOTCH': fill,
    'DPU_RDMA.RDMA_WEIGHT': 0x01010101,
    ...more,
  };
};

/** Words behind a task's registers, and its tail. */
export const withWords = (settings: Settings, words: readonly bigint[]): Uint8Array =>
  wordBytes([
    ...Object.entries(settings).map(([name, setting]) => registerWord(name, setting)),
    ...words,
    ...tailWords(0x18),
  ]);

/** The vendor's load task: a copy of one atom, and both tables with their signs behind its registers. */
export const loadTask = (scratch: number, low: readonly number[], high: readonly number[]): Uint8Array =>
  withWords(
    { ...elementwise(1, 1, 16, {}), 'DPU.DST_BASE_ADDR': scratch, 'DPU_RDMA.RDMA_SRC_BASE_ADDR': scratch + 64 },
    [low, high].flatMap((table, id) => [
      registerWord('DPU.LUT_ACCESS_CFG', 0x20000 + id * 0x10000),
      ...table.map((entry) => registerWord('DPU.LUT_ACCESS_DATA', entry)),
    ]),
  );

export { taskBytes };
