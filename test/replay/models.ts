/** The models that two compilers are compared by: those beside the repository, and the repository's own, of fixed seeds. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenModels } from '../golden/models.js';
import { repository } from '../host/repository.js';
import { writeTflite } from '../host/tflite_writer.js';
import { yolo5, yolo8 } from '../models/yolo_model.js';
import { modelFolder } from '../models/zoo.js';
import { everyOp } from '../ops/every_op.js';
import { Builder } from '../ops/builder.js';
import { randomGraph } from '../random/graph.js';

export interface ReplayModel {
  readonly name: string;
  /** One line of the digest list (`test/golden/digests.list`). */
  readonly group: string;
  /** Part of the repository: it is there on every machine. */
  readonly own: boolean;
  /** Among those that are compiled with every setting where time is short. */
  readonly quick: boolean;
  readonly bytes: () => Uint8Array;
}

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

const ownModel = (group: string, title: string, bytes: () => Uint8Array, quick = true): ReplayModel => ({
  name: title === '' ? group : `${group}: ${title}`,
  group,
  own: true,
  quick,
  bytes,
});

const examples = (): readonly ReplayModel[] =>
  modelsIn(join(repository, 'examples')).map((file) =>
    ownModel(`examples/${file.slice(0, -'.tflite'.length)}`, '', () => read(join(repository, 'examples', file))),
  );

/** A batch of two has views with gaps; 40 channels do not fill their last atom. */
const opShapes = [
  [1, 6, 4, 40],
  [2, 4, 6, 16],
] as const;

/** Each op of the table, in its forms. */
const opModels = (): readonly ReplayModel[] =>
  everyOp.flatMap(({ op, title, make }, form) =>
    (['int8', 'uint8'] as const).flatMap((type) =>
      opShapes.flatMap((shape) => {
        const b = new Builder(form + 1);
        const [scale, zero] = [0.05, type === 'int8' ? -3 : 125];
        const made = make(b, { index: b.input(type, shape, scale, zero), type, shape, scale, zero });
        if (made === null) return [];
        const { spec } = b.model(
          title,
          made.map(({ index }) => index),
        );
        return [
          ownModel(`ops/${op}`, `${title} ${type} ${shape.join('x')}`, () => writeTflite(spec), shape === opShapes[0]),
        ];
      }),
    ),
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
