import type { OpModel } from '../../ops/builder.js';
import { efficientnetB0, resnet50 } from './classifiers.js';
import { trafficSsd, yolov5s } from './detectors.js';

/** Models whose figures are published, and that nobody may redistribute: the real layers, random weights. */
export const generatedModels: ReadonlyMap<string, () => OpModel> = new Map([
  ['resnet50', resnet50],
  ['efficientnet_b0', efficientnetB0],
  ['yolov5s_relu', () => yolov5s('relu')],
  ['yolov5s_silu', () => yolov5s('silu')],
  ['traffic_ssd', trafficSsd],
]);
