/** Job streams of the real Mesa driver, with their buffers placed as the kernel places them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repository } from '../host/repository.js';
import type { Region, Start } from './native.js';

const folder = join(repository, '../shared/golden/mesa');

export const goldenNames = [
  'mobilenet_v1_0.25_128_quant',
  'mobilenet_v1_0.5_160_quant',
  'coco_ssd_mobilenet_v1_1.0_quant',
  'posenet_mobilenet_v1_075_353_481_uint8_nodecoder',
] as const;

interface StoredBo {
  readonly handle: number;
  readonly dma: number;
  readonly size: number;
  readonly at: number;
  readonly stored: number;
}

interface StoredJob {
  readonly in: readonly number[];
  readonly out: readonly number[];
  readonly tasks: readonly { readonly regcmd: number; readonly count: number; readonly cmds: readonly string[] }[];
}

export interface GoldenStream {
  readonly regions: readonly Region[];
  readonly jobs: readonly (readonly Start[])[];
}

/** The kernel gives a BO whole pages: Mesa's bias buffers are read beyond the size that it asked for. */
const pageBytes = 4096;

/** @returns null where the recordings are not there */
export function loadGolden(name: (typeof goldenNames)[number]): GoldenStream | null {
  if (!existsSync(join(folder, `${name}.json.gz`))) return null;
  const stream = JSON.parse(gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString('utf8')) as {
    readonly bos: readonly StoredBo[];
    readonly submits: readonly { readonly jobs: readonly StoredJob[] }[];
  };
  const blob = gunzipSync(readFileSync(join(folder, `${name}.bos.gz`)));
  return {
    regions: stream.bos.map(({ dma, size, at, stored }) => {
      const bytes = new Uint8Array(Math.ceil(size / pageBytes) * pageBytes);
      bytes.set(blob.subarray(at, at + stored));
      return { iova: dma, bytes };
    }),
    jobs: stream.submits.flatMap(({ jobs }) =>
      jobs.map(({ tasks }) => tasks.map(({ regcmd, count }) => ({ regcmd, words: count }))),
    ),
  };
}
