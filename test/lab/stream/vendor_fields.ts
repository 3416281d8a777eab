/**
 * What the vendor's compiler programs for a shape beside what our emitter derives for the same window. The RK3588's
 * programs are fp16: a channel takes two bytes, so our int8 task has twice the channels, and counts of channels are
 * compared as bytes. The RK3576 packs its registers another way; values that mean the same are compared.
 */
import { rk3588 } from '../../../src/hardware/chips.js';
import { emitConvolution } from '../../../src/emit/convolution.js';
import { fieldValue, registers } from '../../../src/hardware/registers.js';
import { cubeOf } from '../../../src/layout/cube.js';
import type { ConvOperation } from '../../../src/ir/operation.js';
import type { VendorProgram } from '../../../src/lab/stream/vendor.js';

export interface FieldPair {
  readonly field: string;
  readonly vendor: number;
  readonly ours: number;
}

interface Window {
  readonly depthwise: boolean;
  readonly inputHeight: number;
  readonly outputHeight: number;
  readonly inputColumns: number;
  readonly inputRows: number;
  readonly outputColumns: number;
  readonly outputRows: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
}

const fieldsOf = (
  words: readonly { readonly offset: number; readonly value: number }[],
): ReadonlyMap<string, number> => {
  const fields = new Map<string, number>();
  for (const { offset, value } of words) {
    const register = registers.find((one) => one.offset === offset && offset >= 0x1000);
    for (const field of register?.fields ?? [])
      fields.set(`${register?.block ?? ''}.${register?.name ?? ''}.${field.name}`, fieldValue(value, field));
  }
  return fields;
};

/** Our registers for a task of this window: `BLOCK.REGISTER.FIELD` -> value. */
const ourFields = (w: Window): ReadonlyMap<string, number> => {
  const operation: ConvOperation = {
    kind: 'conv',
    nodes: [0],
    output: 1,
    depthwise: w.depthwise,
    input: 0,
    geometry: {
      ...w,
      inputWidth: w.inputColumns,
      outputWidth: w.outputColumns,
      strideX: w.stride,
      strideY: w.stride,
      dilationX: 1,
      dilationY: 1,
      padTop: 0,
      padLeft: 0,
    },
    weights: new Int8Array(),
    weightZeroPoint: 0,
    inputZeroPoint: 0,
    numbers: { multipliers: [], bias: new Int32Array(), dead: [], outputZeroPoint: 0, range: [-128, 127] },
    stages: null,
    residual: null,
  };
  const tile = {
    inputRow: 0,
    inputRows: w.inputRows,
    inputColumn: 0,
    inputColumns: w.inputColumns,
    outputRow: 0,
    outputRows: w.outputRows,
    outputColumn: 0,
    outputColumns: w.outputColumns,
    padTop: 0,
    padLeft: 0,
    channel: 0,
    channels: w.outputChannels,
    banks: { data: 6, weights: 6, weightReuse: false },
  };
  const address = { bo: 'arena', offset: 0 } as const;
  const words = emitConvolution(
    rk3588,
    operation,
    {
      bs: null,
      bn: null,
      ew: null,
      out: { scale: 1, shift: 0, offset: 0, ties: 'even' },
      mismatch: 0,
      facts: [],
    },
    tile,
    {
      input: address,
      inputCube: cubeOf(rk3588, [1, w.inputHeight, w.inputColumns, w.inputChannels], false),
      output: address,
      outputCube: cubeOf(rk3588, [1, w.outputHeight, w.outputColumns, w.outputChannels], w.depthwise),
      weights: address,
      operands: { bs: null, bn: null, bsUse: 0, bnUse: 0 },
      residual: null,
    },
  );
  return fieldsOf(words);
};

const get = (fields: ReadonlyMap<string, number>, name: string): number => fields.get(name) ?? NaN;

/** Fields of CNA: bytes for each element of the input, whose channels count double in ours. */
const elementFields = ['CNA.DATA_SIZE1.DATAIN_CHANNEL', 'CNA.FC_DATA_SIZE1.DMA_CHANNEL'];

/** Fields that are the same whatever an element's size. */
const plainFields = [
  'CNA.DATA_SIZE0.DATAIN_WIDTH',
  'CNA.DATA_SIZE0.DATAIN_HEIGHT',
  'CNA.DATA_SIZE3.DATAOUT_ATOMICS',
  'CNA.WEIGHT_SIZE1.WEIGHT_BYTES_PER_KERNEL',
  'CNA.WEIGHT_SIZE2.WEIGHT_WIDTH',
  'CNA.WEIGHT_SIZE2.WEIGHT_HEIGHT',
  'CNA.WEIGHT_SIZE2.WEIGHT_KERNELS',
  'CNA.DMA_CON2.SURF_STRIDE',
  'CNA.FC_DATA_SIZE0.DMA_WIDTH',
  'CNA.FC_DATA_SIZE0.DMA_HEIGHT',
  'CNA.CONV_CON2.FEATURE_GRAINS',
  'CNA.CONV_CON1.CONV_MODE',
  'CORE.DATAOUT_SIZE_0.DATAOUT_WIDTH',
  'CORE.DATAOUT_SIZE_0.DATAOUT_HEIGHT',
  'DPU.DST_SURF_STRIDE.DST_SURF_STRIDE',
  'DPU.SURFACE_ADD.SURF_ADD',
  'DPU.DATA_CUBE_HEIGHT.HEIGHT',
  'DPU.WDMA_SIZE_1.WIDTH_WDMA',
  'DPU.WDMA_SIZE_1.HEIGHT_WDMA',
];

/** Channels less one of the output, whose bytes are compared. */
const outputFields = [
  'CORE.DATAOUT_SIZE_1.DATAOUT_CHANNEL',
  'DPU.DATA_CUBE_CHANNEL.CHANNEL',
  'DPU.WDMA_SIZE_0.CHANNEL_WDMA',
];

/** One list for each captured task that gives its window; tasks that only move addresses are left out. */
export const rk3588Pairs = (program: VendorProgram): readonly (readonly FieldPair[])[] =>
  program.tasks.flatMap(({ words }) => {
    const vendor = fieldsOf(words);
    if (
      ![0x1020, 0x1024, 0x1038, 0x405c, 0x403c, 0x40c0].every((offset) => words.some((word) => word.offset === offset))
    )
      return [];
    const depthwise = get(vendor, 'CNA.CONV_CON1.CONV_MODE') === 3;
    const { ic = 0, ih = 0, kh = 0, kw = 0 } = program.geometry;
    const outputColumns = get(vendor, 'DPU.WDMA_SIZE_1.WIDTH_WDMA') + 1;
    const outputChannels = get(vendor, 'DPU.DATA_CUBE_CHANNEL.ORIG_CHANNEL') + 1;
    const window: Window = {
      depthwise,
      inputHeight: ih,
      outputHeight: get(vendor, 'DPU.DST_SURF_STRIDE.DST_SURF_STRIDE') / outputColumns,
      inputColumns: get(vendor, 'CNA.DATA_SIZE0.DATAIN_WIDTH'),
      inputRows: get(vendor, 'CNA.DATA_SIZE0.DATAIN_HEIGHT'),
      outputColumns,
      outputRows: get(vendor, 'DPU.WDMA_SIZE_1.HEIGHT_WDMA') + 1,
      inputChannels: 2 * (depthwise ? outputChannels : ic),
      outputChannels: depthwise ? 2 * outputChannels : outputChannels,
      kernelHeight: kh,
      kernelWidth: kw,
      stride: 1,
    };
    const input = ourFields(window);
    const output = depthwise ? input : ourFields({ ...window, outputChannels: 2 * outputChannels });
    return [
      [
        ...elementFields.map((field) => ({ field, vendor: 2 * get(vendor, field), ours: get(input, field) })),
        {
          field: 'CNA.DATA_SIZE1.DATAIN_CHANNEL_REAL',
          vendor: get(vendor, 'CNA.DATA_SIZE1.DATAIN_CHANNEL_REAL') + 1,
          ours: (get(input, 'CNA.DATA_SIZE1.DATAIN_CHANNEL_REAL') + 1) / 2,
        },
        ...plainFields.map((field) => ({ field, vendor: get(vendor, field), ours: get(input, field) })),
        ...outputFields.map((field) => ({ field, vendor: 2 * (get(vendor, field) + 1), ours: get(output, field) + 1 })),
        {
          field: 'CNA.CBUF_CON0 banks in use',
          vendor: get(vendor, 'CNA.CBUF_CON0.DATA_BANK') + get(vendor, 'CNA.CBUF_CON0.WEIGHT_BANK'),
          ours: 12,
        },
        {
          field: 'CNA.CBUF_CON0.DATA_BANK',
          vendor: get(vendor, 'CNA.CBUF_CON0.DATA_BANK'),
          ours: Math.ceil((get(input, 'CNA.CBUF_CON1.DATA_ENTRIES') * window.inputRows) / 512),
        },
      ],
    ];
  });

/** An int8 program of the RK3576 that reads a cube, by the meaning of its registers there (beyond-conv 1.1). */
export const rk3576Pairs = (program: VendorProgram): readonly FieldPair[] => {
  const at = (offset: number): number => program.tasks[0]?.words.find((word) => word.offset === offset)?.value ?? NaN;
  const g = (name: string): number => program.geometry[name] ?? NaN;
  const depthwise = g('dw') === 1;
  const ours = ourFields({
    depthwise,
    inputHeight: g('ih_full'),
    outputHeight: g('oh_full'),
    inputColumns: g('iw'),
    inputRows: g('ih_task'),
    outputColumns: g('ow'),
    outputRows: g('oh_task'),
    inputChannels: g('ic'),
    outputChannels: g('oc'),
    kernelHeight: g('kh'),
    kernelWidth: g('kw'),
    stride: g('stride_y'),
  });
  const plane = get(ours, 'DPU.DST_SURF_STRIDE.DST_SURF_STRIDE');
  return [
    { field: 'CBUF_CON1.DATA_ENTRIES', vendor: at(0x1044) & 0xffff, ours: get(ours, 'CNA.CBUF_CON1.DATA_ENTRIES') },
    { field: 'line stride', vendor: at(0x1090), ours: get(ours, 'CNA.DMA_CON1.LINE_STRIDE') },
    {
      field: 'surface stride',
      vendor: at(0x1094),
      ours: get(ours, 'CNA.DMA_CON2.SURF_STRIDE') + get(ours, 'CNA.DMA_CON1.LINE_STRIDE'),
    },
    { field: 'output atoms', vendor: at(0x1034) + 1, ours: get(ours, 'CNA.DATA_SIZE3.DATAOUT_ATOMICS') },
    { field: 'output surface stride', vendor: at(0x401c), ours: plane },
    {
      field: 'output group stride',
      vendor: at(0x40b8) + g('ow') * g('oh_task'),
      ours: get(ours, 'DPU.SURFACE_ADD.SURF_ADD'),
    },
    { field: 'written channels', vendor: at(0x402c) + 1, ours: get(ours, 'DPU.DATA_CUBE_CHANNEL.CHANNEL') + 1 },
    { field: 'weight bytes', vendor: at(0x101c), ours: get(ours, 'CNA.WEIGHT_SIZE0.WEIGHT_BYTES') },
    {
      field: 'real channels',
      vendor: (at(0x1028) & 0xffff) + 1,
      ours: get(ours, 'CNA.DATA_SIZE1.DATAIN_CHANNEL_REAL') + 1,
    },
  ];
};

export const isCubeInt8 = ({ precision, geometry, chip }: VendorProgram): boolean =>
  chip === 'rk3576' && precision === 'int8' && geometry['argb'] !== 1;
