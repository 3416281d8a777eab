/** What others published for boards, beside the model's estimate of ptfe's plan at that clock. Nothing here was measured by us. */
import { readFileSync } from 'node:fs';
import { estimateModel } from '../../src/explain/model_estimate.js';
import { interruptCpus, type MachineOptions } from '../../src/hardware/machine.js';
import type { Row } from '../figures.js';
import { fileOf, modelPath, models } from '../models.js';
import type { Measure, Part } from '../part.js';

interface PublishedRun {
  readonly who: string;
  readonly ms: string;
  readonly on: string;
  readonly source: string;
  readonly date: string;
}

const rockchip = { source: 'airockchip/rknn_model_zoo README V2.3.2', date: '2025-04-08' } as const;
const widgetii = { source: 'widgetii/orangepi5plus-npu, baseline and BENCHMARKS', date: '2026-03-28' } as const;
const allbilly = { source: 'allbilly/rk3588, mesa_example_run.md', date: 'read 2026-11' } as const;
const greg = { source: 'gregordinary/tflite-rocket README', date: '2026-08-20' } as const;
const iav = { source: 'iav/rk3568-npu', date: '2026-08-25' } as const;
const mesaDocs = { source: "Mesa's documentation, Teflon", date: 'read 2026-11' } as const;

const vendorBoard = 'RK3588, vendor kernel, 1 GHz';
const mainline = 'RK3588, mainline kernel, 200 MHz';
const rk3568 = 'RK3568, 800 MHz';
const rk3576 = 'RK3576, 786 MHz';
const a311d = 'A311D (Vivante)';

const published: Readonly<Record<string, readonly PublishedRun[]>> = {
  MobileNetV1: [
    { who: 'RKNN', ms: '1.98-2.18', on: vendorBoard, ...widgetii },
    { who: 'Mesa rocket', ms: '10.8', on: mainline, source: 'blog.tomeuvizoso.net', date: '2024-03-28' },
    { who: 'Mesa rocket', ms: '11.2', on: mainline, ...widgetii },
    { who: 'Mesa rocket, patched', ms: '9.77-10.2', on: mainline, ...widgetii },
    { who: 'librocketnpu', ms: '6.01', on: vendorBoard, ...widgetii },
    { who: 'tflite-rocket', ms: '5.2', on: rk3576, ...greg },
    { who: 'rk3568-npu', ms: '5.6', on: rk3568, ...iav },
    { who: 'Mesa etnaviv', ms: '15', on: a311d, ...mesaDocs },
    { who: 'vx-delegate', ms: '6.4', on: a311d, source: 'VeriSilicon/TIM-VX#121', date: 'read 2026-11' },
    { who: 'TFLite, 8 threads', ms: '68', on: "RK3588's CPU", ...widgetii },
  ],
  MobileNetV2: [
    { who: 'RKNN', ms: '2.22', on: vendorBoard, ...rockchip },
    { who: 'Mesa rocket', ms: '13.3', on: mainline, ...widgetii },
    { who: 'Mesa rocket', ms: '15', on: mainline, ...allbilly },
    { who: 'tflite-rocket', ms: '6.8', on: rk3576, ...greg },
    { who: 'rk3568-npu', ms: '6.4', on: rk3568, ...iav },
    { who: 'Mesa etnaviv', ms: '15.5', on: a311d, ...mesaDocs },
    { who: 'TFLite, 8 threads', ms: '40', on: "RK3588's CPU", ...widgetii },
  ],
  'SSD MobileNetV1': [
    { who: 'Mesa rocket', ms: '22.0-22.9', on: mainline, ...widgetii },
    { who: 'Mesa rocket, patched', ms: '19.8', on: mainline, ...widgetii },
    { who: 'TFLite, 8 threads', ms: '90', on: "RK3588's CPU", ...widgetii },
  ],
};

const estimated = (bytes: Uint8Array, on: string, machine: MachineOptions): Row => {
  const { total, parts } = estimateModel(bytes, { trust: 'inferred', machine }, 0);
  const npu = parts.reduce((sum, { estimate }) => sum + estimate.npu.total, 0);
  return {
    who: 'ptfe, estimate',
    figures: { ms: `${(total / 1000).toFixed(1)} (NPU ${(npu / 1000).toFixed(1)})`, on },
  };
};

const open = (): Promise<Measure> =>
  Promise.resolve((name) => {
    const bytes = readFileSync(modelPath(fileOf(name)));
    const [big] = interruptCpus;
    return Promise.resolve([
      ...(published[name] ?? []).map(({ who, ms, on, source, date }) => ({
        who: `${who}, published`,
        figures: { ms, on, source, date },
      })),
      estimated(bytes, mainline, {}),
      estimated(bytes, `${mainline}, interrupts on a big core`, { interruptCpu: big }),
      estimated(bytes, 'RK3588 at 1 GHz, interrupts on a big core', { megahertz: 1000, interruptCpu: big }),
    ]);
  });

export const publishedPart: Part = {
  name: 'published',
  title: 'Published times, and the estimate',
  text: [
    "Milliseconds an inference. Times of others are as published, each on its author's board with its clocks, models of the same name, which need not be the same file; none was measured by us, and no ratio is stated. ptfe's are calculated: NPU, conversions, sync and the nodes that the CPU keeps. How well the model of the hardware meets published times: `npx ptfe estimate --published`.",
  ],
  each: 'model',
  columns: [
    { key: 'ms', title: 'ms' },
    { key: 'on', title: 'on' },
    { key: 'source', title: 'source' },
    { key: 'date', title: 'date' },
  ],
  ratios: [],
  cases: Object.keys(models).filter((name) => name in published),
  quickCases: Object.keys(models).filter((name) => name in published),
  byHand: ['`npx ptfe estimate MODEL [--clock 1000] [--interrupt-cpu big]`'],
  open,
};
