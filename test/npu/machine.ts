/** Small programs with memory by name, run on every path of the software NPU; and cubes and weights as it wants them. */
import { expect } from 'chai';
import { type Region, type Run, runNative } from './native.js';

export interface Memory {
  readonly iova: number;
  readonly bytes: Uint8Array;
  readonly constant?: boolean;
}

export interface Machine {
  readonly driver: string;
  readonly memory: Readonly<Record<string, Memory>>;
  /** Words of each task. */
  readonly tasks: readonly Uint8Array[];
  readonly facts?: Readonly<Record<string, string>>;
}

const commandBase = 0x4000000;

/** The refusal, or memory after the run: the same on all paths. */
export const execute = ({
  driver,
  memory,
  tasks,
  facts = {},
}: Machine): string | Readonly<Record<string, Uint8Array>> => {
  const names = Object.keys(memory);
  const data: readonly Region[] = Object.values(memory);
  let at = commandBase;
  const placed = tasks.map((bytes) => {
    const iova = at;
    at += Math.ceil(bytes.length / 64) * 64;
    return { iova, bytes, constant: true };
  });
  const run: Run = {
    regions: [...data, ...placed],
    tasks: placed.map(({ iova, bytes }) => ({ regcmd: iova, words: bytes.length / 8 })),
    facts,
  };
  const [fast, ...others] = runNative(driver, [run, { ...run, path: 'portable' }, { ...run, path: 'scalar' }]);
  if (fast === undefined) throw new Error('no answer');
  for (const other of others) expect(other.refusal).to.equal(fast.refusal);
  if (fast.refusal !== null) return fast.refusal;
  for (const other of others)
    for (const [i, bytes] of fast.regions.entries())
      expect(Buffer.compare(Buffer.from(bytes), Buffer.from(other.regions[i] ?? [])), `region ${i}`).to.equal(0);
  return Object.fromEntries(names.map((name, i) => [name, Uint8Array.from(fast.regions[i] ?? [])]));
};

/** Memory after a run that must not be refused. */
export const result = (machine: Machine, name: string): Uint8Array => {
  const answer = execute(machine);
  if (typeof answer === 'string') throw new Error(answer);
  return answer[name] ?? new Uint8Array();
};

/** The refusal of a run that must be refused. */
export const refusal = (machine: Machine): string => {
  const answer = execute(machine);
  if (typeof answer !== 'string') throw new Error('not refused');
  return answer;
};

export const signed = (byte: number | undefined): number => ((byte ?? 0) << 24) >> 24;

export const clamp = (value: number): number => Math.max(-128, Math.min(127, value));

/** Half away from zero. */
export const nearest = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

/** Half to even. */
export const nearestEven = (value: number): number => {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.floor(value + 0.5);
  return down % 2 === 0 ? down : down + 1;
};

export const align = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Value by channel, row and column. */
export type Cube = (c: number, y: number, x: number) => number;

export interface CubeShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Atoms of a surface; the plane's where it is left out. */
  readonly plane?: number;
  /** Atoms of a row. */
  readonly row?: number;
}

const place = ({ width, height, plane, row = width }: CubeShape, c: number, y: number, x: number): number =>
  (Math.floor(c / 16) * (plane ?? row * height) + y * row + x) * 16 + (c % 16);

export const cubeBytes = (shape: CubeShape, value: Cube): Uint8Array => {
  const { width, height, channels, row = width, plane = row * height } = shape;
  const bytes = new Uint8Array(Math.ceil(channels / 16) * plane * 16);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) bytes[place(shape, c, y, x)] = value(c, y, x);
  return bytes;
};

export const cubeOf =
  (shape: CubeShape, bytes: Uint8Array): Cube =>
  (c, y, x) =>
    signed(bytes[place(shape, c, y, x)]);

/** Every value of a cube against a formula. */
export const expectCube = (shape: CubeShape, bytes: Uint8Array, expected: Cube): void => {
  const found = cubeOf(shape, bytes);
  for (let c = 0; c < shape.channels; c++)
    for (let y = 0; y < shape.height; y++)
      for (let x = 0; x < shape.width; x++)
        if (found(c, y, x) !== expected(c, y, x))
          throw new Error(`channel ${c} row ${y} column ${x}: ${found(c, y, x)}, expected ${expected(c, y, x)}`);
};

/** How many of its values differ. */
export const countOff = (shape: CubeShape, bytes: Uint8Array, expected: Cube): number => {
  const found = cubeOf(shape, bytes);
  let off = 0;
  for (let c = 0; c < shape.channels; c++)
    for (let y = 0; y < shape.height; y++)
      for (let x = 0; x < shape.width; x++) if (found(c, y, x) !== expected(c, y, x)) off++;
  return off;
};

/** Weight of a kernel at a channel and a tap. */
export type Weights = (kernel: number, c: number, ky: number, kx: number) => number;

export interface Kernels {
  readonly kernels: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** Kernel groups of 32, channel groups of 32, taps, kernels, channels; `fill`: in lanes without a channel. */
export const packDirect = (
  { kernels, channels, kernelHeight, kernelWidth }: Kernels,
  weight: Weights,
  fill: (kernel: number) => number = () => 0,
): Uint8Array => {
  const [all, lanes] = [align(kernels, 2), align(channels, 16)];
  const bytes: number[] = [];
  for (let k0 = 0; k0 < all; k0 += 32)
    for (let c0 = 0; c0 < lanes; c0 += 32)
      for (let ky = 0; ky < kernelHeight; ky++)
        for (let kx = 0; kx < kernelWidth; kx++)
          for (let k = k0; k < Math.min(all, k0 + 32); k++)
            for (let c = c0; c < Math.min(lanes, c0 + 32); c++)
              bytes.push(k < kernels && c < channels ? weight(k, c, ky, kx) : fill(k));
  return Uint8Array.from(bytes, (byte) => byte & 255);
};

/** Channel groups of 64, taps, channels; `restLanes`: of the last group. */
export const packDepthwise = (
  { channels, kernelHeight, kernelWidth }: Omit<Kernels, 'kernels'>,
  weight: (c: number, ky: number, kx: number) => number,
  restLanes: number,
): Uint8Array => {
  const bytes: number[] = [];
  for (let c0 = 0; c0 < channels; c0 += 64)
    for (let ky = 0; ky < kernelHeight; ky++)
      for (let kx = 0; kx < kernelWidth; kx++)
        for (let c = c0; c < c0 + (channels - c0 >= 64 ? 64 : restLanes); c++)
          bytes.push(c < channels ? weight(c, ky, kx) : 0);
  return Uint8Array.from(bytes, (byte) => byte & 255);
};

/** Groups of 8 channels: int32 addends, int16 weight offsets, int16 multipliers; those that are given. */
export const operandGroups = (
  channels: number,
  parts: {
    readonly add?: (c: number) => number;
    readonly offset?: (c: number) => number;
    readonly multiply?: (c: number) => number;
  },
): Uint8Array => {
  const bytes: number[] = [];
  const put = (value: number, size: number): void => {
    for (let i = 0; i < size; i++) bytes.push((value >> (8 * i)) & 255);
  };
  const { add, offset, multiply } = parts;
  for (let c0 = 0; c0 < channels; c0 += 8) {
    for (let c = c0; add !== undefined && c < c0 + 8; c++) put(add(c), 4);
    for (let c = c0; offset !== undefined && c < c0 + 8; c++) put(offset(c), 2);
    for (let c = c0; multiply !== undefined && c < c0 + 8; c++) put(multiply(c), 2);
  }
  return Uint8Array.from(bytes);
};
