/** Models that are compared: those beside the repository. */
import { existsSync } from 'node:fs';
import { CannotSetUp } from '../test/host/process.js';
import { sharedPath } from '../test/host/shared.js';

export const models = {
  'MobileNetV1 0.25': 'mobilenet_v1_0.25_128_quant',
  'MobileNetV1 0.5': 'mobilenet_v1_0.5_160_quant',
  MobileNetV1: 'mobilenet_v1_1.0_224_quant',
  MobileNetV2: 'mobilenet_v2_1.0_224_quant',
  'MobileNetV2, per channel': 'tf2_mobilenet_v2_1.0_224_ptq',
  'SSD MobileNetV1': 'coco_ssd_mobilenet_v1_1.0_quant',
  'EfficientNet-Lite0': 'efficientnet_lite0_int8',
  'DeepLab v3': 'deeplabv3_mnv2_dm05_pascal_quant',
  PoseNet: 'posenet_mobilenet_v1_075_353_481_uint8_nodecoder',
} as const;

export type ModelName = keyof typeof models;

const isModel = (name: string): name is ModelName => name in models;

/** Its name without ".tflite". @throws CannotSetUp where it is not here */
export const fileOf = (name: string): string => {
  if (!isModel(name)) throw new CannotSetUp(`no model is called ${name}`);
  const file = models[name];
  if (!existsSync(modelPath(file))) throw new CannotSetUp(`${modelPath(file)} is not here`);
  return file;
};

export const modelPath = (file: string): string => sharedPath(`models/${file}.tflite`);
