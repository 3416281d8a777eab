/** What others measured or calculated on this chip, and what the model says of the same: how far it can be trusted. */
import type { Chip } from '../hardware/chips.js';
import { dispatchMicroseconds, type Machine, type MachineOptions, machineOf } from '../hardware/machine.js';
import { type Layer, layerCost, mobilenetV1, mobilenetV2, ssdMobilenetV1, yolov5s } from './networks.js';
import { bytesOf, workMicroseconds } from '../hardware/speed.js';

export type Unit = 'ms' | 'Mcycles' | 'MB';

export interface Published {
  readonly what: string;
  readonly unit: Unit;
  /** The least and the most that was published; the same where it is one number. */
  readonly least: number;
  readonly most: number;
  readonly source: string;
  /** What the prediction leaves out, or why it is far off. */
  readonly note: string;
  readonly layers: readonly Layer[];
  readonly machine: MachineOptions;
  /** Tasks that the driver starts one by one; null: it starts all at once, as the vendor's does. */
  readonly tasks: number | null;
}

const vendorBoard = 'widgetii/orangepi5plus-npu, vendor driver on a board';
const vendorCompiler = "vendor's compiler 2.5.0, its cost table and programs";
const mesaTimes = "widgetii/orangepi5plus-npu and allbilly's mesa_example_run.md, boards";
const withoutHost = "without Teflon's part on the CPU";

const vendorRun = (what: string, layers: readonly Layer[], cores: number, least: number, most: number, note = '') => ({
  what: `${what}, vendor, ${cores === 1 ? '1 core' : `${cores} cores`}, 1 GHz`,
  unit: 'ms' as const,
  least,
  most,
  source: vendorBoard,
  note,
  layers,
  machine: { megahertz: 1000, cores },
  tasks: null,
});

const mesaRun = (what: string, layers: readonly Layer[], tasks: number, least: number, most: number, note: string) => ({
  what: `${what}, Mesa, 200 MHz`,
  unit: 'ms' as const,
  least,
  most,
  source: mesaTimes,
  note,
  layers,
  machine: {},
  tasks,
});

const vendorProgram = (what: string, layers: readonly Layer[], unit: Unit, value: number, note = '') => ({
  what: `${what}, vendor's program`,
  unit,
  least: value,
  most: value,
  source: vendorCompiler,
  note,
  layers,
  machine: {},
  tasks: null,
});

const pixels = 'the vendor reads the picture as pixels';

export const publishedFigures = (): readonly Published[] => [
  vendorRun('MobileNetV1', mobilenetV1(), 1, 1.98, 2.18),
  vendorRun('YOLOv5s-relu 640', yolov5s(), 1, 16.7, 16.7),
  vendorRun(
    'YOLOv5s-relu 640',
    yolov5s(),
    3,
    9.5,
    9.5,
    "each layer in three even shares; with the vendor's own task lists it is 9.2",
  ),
  vendorProgram('MobileNetV1', mobilenetV1(), 'Mcycles', 1.145056),
  vendorProgram('MobileNetV2', mobilenetV2(), 'Mcycles', 1.237),
  vendorProgram('MobileNetV1', mobilenetV1(), 'MB', 15.02, pixels),
  vendorProgram('MobileNetV2', mobilenetV2(), 'MB', 18.57, pixels),
  mesaRun('MobileNetV1', mobilenetV1(), 39, 9.77, 11.2, withoutHost),
  mesaRun('MobileNetV2', mobilenetV2(), 62, 13.3, 15, withoutHost),
  mesaRun(
    'SSD MobileNetV1',
    ssdMobilenetV1(),
    63,
    19.8,
    22.9,
    `${withoutHost}: conversions, heads, six convolutions, boxes`,
  ),
];

export interface Prediction extends Published {
  readonly predicted: number;
  /** Of the nearest published number; 0 between them. */
  readonly error: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const milliseconds = (chip: Chip, machine: Machine, { layers, tasks }: Published): number => {
  const alone = machineOf(chip, { megahertz: machine.megahertz });
  const work = layers.map((layer) =>
    // The vendor's compiler leaves pools and resizes to the first core.
    layer.kind === 'copy' && !layer.isShared
      ? workMicroseconds(alone, layerCost(chip, layer))
      : workMicroseconds(machine, layerCost(chip, layer, machine.cores)),
  );
  return (sum(work) + (tasks === null ? 0 : tasks * dispatchMicroseconds(machine))) / 1000;
};

const predictedValue = (chip: Chip, figure: Published): number => {
  const costs = figure.layers.map((layer) => layerCost(chip, layer));
  switch (figure.unit) {
    case 'ms':
      return milliseconds(chip, machineOf(chip, figure.machine), figure);
    case 'Mcycles':
      return sum(costs.map(({ cycles }) => cycles)) / 1e6;
    case 'MB':
      return sum(costs.map(({ bytes }) => bytesOf(bytes))) / 1e6;
  }
};

export const predictions = (chip: Chip): readonly Prediction[] =>
  publishedFigures().map((figure) => {
    const predicted = predictedValue(chip, figure);
    const nearest = Math.min(figure.most, Math.max(figure.least, predicted));
    return { ...figure, predicted, error: predicted / nearest - 1 };
  });
