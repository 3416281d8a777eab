/** The models that two compilers are compared by: those beside the repository, and the repository's own, of fixed seeds. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenModels } from '../golden/models.js';
import { repository } from '../host/repository.js';
import { writeTflite } from '../host/tflite_writer.js';
import { yolo5, yolo8 } from '../models/yolo_model.js';
import { modelFolder } from '../host/shared.js';
import { randomGraph } from '../random/graph.js';
import { opModels, ownModel, type ReplayModel } from './op_models.js';

export type { ReplayModel };

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

const quickShared = new Set([
  'hello_world_int8',
  'kws_ref_model',
  'micro_speech_quantized',
  'microwakeword_hey_jarvis',
  'mltk_fingerprint_signature',
  'mltk_rock_paper_scissors',
  'mobilenet_v1_0.25_128_quant',
  'pretrainedResnet_quant',
  'split_concat',
  'ssd_slim_face_120x160_int8',
  'str_ww_ref_model',
  'tinyengine_detection',
  'vww_96_int8',
  'more/blazeface_front_128',
  'more/dcgan_gen',
  'more/face_landmarks_192',
  'more/micro_speech_lstm',
  'more/partly_quantized_mnist',
  'more/two_signatures_a8w8',
  'families/fam_effnet_mini',
  'families/fam_ghostnet',
  'families/fam_wavenet',
  'families/grp_dw64',
  'families/grp_dw96',
  'families/mean1d',
  'families/mean2d',
  'families/silu1',
  'families/silu1_b2',
  'families/tanh64s_b2',
  'families/true_dw96',
  'families/upsample2x_keras3',
]);

const modelsIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.tflite'))
        .sort()
    : [];

const sharedModels = (): readonly ReplayModel[] =>
  ['', 'more/', 'families/'].flatMap((under) =>
    modelsIn(join(modelFolder, under)).map((file): ReplayModel => {
      const name = `${under}${file.slice(0, -'.tflite'.length)}`;
      const bytes = (): Uint8Array => read(join(modelFolder, `${name}.tflite`));
      return { name, group: name, own: false, quick: quickShared.has(name), bytes };
    }),
  );

const examples = (): readonly ReplayModel[] =>
  modelsIn(join(repository, 'examples')).map((file) =>
    ownModel(`examples/${file.slice(0, -'.tflite'.length)}`, '', () => read(join(repository, 'examples', file))),
  );

const graphs = 60;
const quickGraphs = 20;
const graphsOfGroup = 10;

const randomModels = (): readonly ReplayModel[] =>
  Array.from({ length: graphs }, (_, i) => {
    const first = i - (i % graphsOfGroup) + 1;
    const group = `random/${first}-${first + graphsOfGroup - 1}`;
    return ownModel(group, `seed ${i + 1}`, () => randomGraph(i + 1).bytes, i < quickGraphs);
  });

export const replayModels = (): readonly ReplayModel[] => [
  ...examples(),
  ...goldenModels.map(({ name, bytes }) => ownModel(`golden/${name}`, '', () => bytes)),
  ownModel('yolo/5', '', () => writeTflite(yolo5(64, 1).spec)),
  ownModel('yolo/8', '', () => writeTflite(yolo8(64, 1).spec)),
  ...opModels(),
  ...randomModels(),
  ...sharedModels(),
];
