/** Recorded streams of the real Mesa driver with their models, read as the commands read them. */
import { parseJson, readModel, readUnpacked } from '../../../src/cli/files.js';
import type { Graph } from '../../../src/graph/graph.js';
import { readRecording, type Recording } from '../../../src/lab/stream/recording.js';
import { needShared, sharedPath } from '../../host/shared.js';

export const goldenPath = (name: string): string => sharedPath(`golden/mesa/${name}.json.gz`);
export const modelPath = (name: string): string => sharedPath(`models/${name}.tflite`);

export function goldenOrSkip(
  context: Mocha.Context,
  name: string,
): { readonly recording: Recording; readonly graph: Graph } {
  needShared(context, `golden/mesa/${name}.json.gz`);
  needShared(context, `models/${name}.tflite`);
  const json = parseJson(readUnpacked(goldenPath(name)));
  const blob = readUnpacked(sharedPath(`golden/mesa/${name}.bos.gz`));
  return { recording: readRecording(json, blob), graph: readModel(modelPath(name)).graph };
}
