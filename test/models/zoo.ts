import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PtfeError } from '../../src/error.js';
import { readTflite } from '../../src/tflite/reader.js';
import type { OutputTensor } from '../host/oracle.js';
import { seededRandom } from '../host/random.js';
import { modelFolder, zooIsHere } from '../host/shared.js';

export { modelFolder, zooIsHere };

export interface ModelEntry {
  readonly name: string;
  /** What Mesa's Teflon makes of it under qemu; `rc` 139: the program crashes. */
  readonly mesa: { readonly nodes?: number; readonly partitions?: number; readonly rc: number } | null;
  readonly inputs: readonly { readonly shape: readonly number[]; readonly type: string }[];
}

const photographs = [
  'cat.bmp',
  'parrot.jpg',
  'bird.bmp',
  'chelsea.png',
  'dragonfly.bmp',
  'grace_hopper.bmp',
  'hot_dog.jpg',
  'owl.jpg',
  'rocket.jpg',
  'coffee_400.jpg',
  'motorcycle_left_400.jpg',
  'grace_hopper.jpg',
];
const people = [
  'person_crop.png',
  'no_person_crop.png',
  'astronaut_400.jpg',
  'squat.png',
  'cat.bmp',
  'grace_hopper.bmp',
  'coffee_400.jpg',
];

/**
 * The models on which no convolution and no ADD may be left on the CPU, their samples (the first two in each run, all
 * with PTFE_ALL=1) and whether the largest value of the first output is an answer that must stay the same.
 */
export const zoo: readonly {
  readonly name: string;
  readonly samples: readonly string[];
  readonly classifier: boolean;
}[] = [
  { name: 'mobilenet_v1_0.25_128_quant', samples: photographs, classifier: true },
  { name: 'mobilenet_v1_0.5_160_quant', samples: photographs, classifier: true },
  { name: 'mobilenet_v1_1.0_224_quant', samples: photographs, classifier: true },
  { name: 'mobilenet_v2_1.0_224_quant', samples: photographs, classifier: true },
  { name: 'mobilenet_v1_1.0_224_quant_embedding_extractor', samples: photographs, classifier: false },
  { name: 'coco_ssd_mobilenet_v1_1.0_quant', samples: people.toReversed(), classifier: false },
  {
    name: 'posenet_mobilenet_v1_075_353_481_uint8_nodecoder',
    samples: ['squat.png', 'grace_hopper.bmp', 'astronaut_400.jpg'],
    classifier: false,
  },
  {
    name: 'posenet_mobilenet_v1_075_353_481_int8_nodecoder',
    samples: ['squat.png', 'grace_hopper.bmp', 'astronaut_400.jpg'],
    classifier: false,
  },
  { name: 'pretrainedResnet_quant', samples: ['mlperf_ic_input.npy', ...photographs], classifier: true },
  { name: 'pretrainedResnet_large_int8', samples: ['mlperf_ic_input.npy', ...photographs], classifier: true },
  { name: 'tf2_mobilenet_v2_1.0_224_ptq', samples: photographs, classifier: true },
  { name: 'efficientnet_lite0_int8', samples: photographs, classifier: true },
  { name: 'vww_96_int8', samples: people, classifier: true },
  { name: 'kws_ref_model', samples: ['mlperf_kws_input.npy'], classifier: true },
];

export const modelPath = (name: string): string => join(modelFolder, `${name}.tflite`);

/** A model of a folder without an index: its inputs are read from it. */
function readEntry(file: string): readonly ModelEntry[] {
  try {
    const { graph, inputs } = readTflite(Uint8Array.from(readFileSync(join(modelFolder, file))));
    const tensors = inputs.flatMap((index) => graph.tensors.get(index) ?? []);
    return [
      { name: basename(file, '.tflite'), mesa: null, inputs: tensors.map(({ shape, type }) => ({ shape, type })) },
    ];
  } catch (error) {
    if (!(error instanceof PtfeError)) throw error;
    process.stderr.write(`${file}: ${error.message}\n`);
    return [];
  }
}

/** Inputs of every model of the folder, from its models.json where it has one. */
export function modelEntries(): readonly ModelEntry[] {
  if (!zooIsHere)
    return readdirSync(modelFolder)
      .filter((file) => file.endsWith('.tflite'))
      .sort()
      .flatMap(readEntry);
  const raw: unknown = JSON.parse(readFileSync(join(modelFolder, 'models.json'), 'utf8'));
  const listed = new Set(readdirSync(modelFolder).filter((file) => file.endsWith('.tflite')));
  type Raw = Pick<ModelEntry, 'inputs'> & { readonly mesa_teflon?: ModelEntry['mesa'] };
  return Object.entries(raw as Readonly<Record<string, Raw>>)
    .filter(([name]) => listed.has(`${name}.tflite`))
    .map(([name, { inputs, mesa_teflon: mesa = null }]) => ({
      name,
      mesa,
      inputs: inputs.map(({ shape, type }) => ({ shape, type: type.toLowerCase() })),
    }));
}

const bytesOf = (type: string): number => (type === 'float32' || type === 'int32' ? 4 : 1);

/** The bytes of a model's inputs for each sample; where an input is no picture, or no sample is there, noise from a fixed seed. */
export function sampleInputs(
  python: string,
  entry: ModelEntry,
  samples: readonly string[],
): readonly (readonly Uint8Array[])[] {
  const isSampled = (sample: string, shape: readonly number[]): boolean =>
    (isPicture(shape) || sample.endsWith('.npy')) && existsSync(join(modelFolder, 'samples', sample));
  const requests = samples.flatMap((sample) =>
    entry.inputs.flatMap(({ shape, type }) =>
      isSampled(sample, shape) ? [{ path: join(modelFolder, 'samples', sample), shape, type }] : [],
    ),
  );
  const done = spawnSync(python, [join(import.meta.dirname, 'pictures.py')], {
    input: JSON.stringify(requests),
    maxBuffer: 1 << 28,
  });
  if (done.status !== 0) throw new Error(`pictures.py: ${done.stderr.toString()}`);
  let at = 0;
  return samples.map((sample) =>
    entry.inputs.map(({ shape, type }, i) => {
      const size = shape.reduce((product, dim) => product * dim, bytesOf(type));
      if (!isSampled(sample, shape)) return noise(size, type, i);
      at += size;
      return Uint8Array.from(done.stdout.subarray(at - size, at));
    }),
  );
}

const isPicture = (shape: readonly number[]): boolean =>
  shape.length === 4 &&
  (([1, 3].includes(shape[3] ?? 0) && Math.min(shape[1] ?? 0, shape[2] ?? 0) >= 10) || shape[1] === 3);

function noise(size: number, type: string, seed: number): Uint8Array {
  const random = seededRandom(seed + 1);
  if (type !== 'float32') return Uint8Array.from({ length: size }, () => random.integer(0, 255));
  return new Uint8Array(Float32Array.from({ length: size / 4 }, () => random.between(-1, 1)).buffer);
}

/** A tensor's values: codes of quantized tensors, numbers of others. */
export function valuesOf({ type, data }: OutputTensor): ArrayLike<number> {
  switch (type) {
    case 'int8':
      return new Int8Array(data.buffer, data.byteOffset, data.length);
    case 'float32':
      return new Float32Array(data.buffer, data.byteOffset, data.length / 4);
    case 'int32':
      return new Int32Array(data.buffer, data.byteOffset, data.length / 4);
    case 'int64':
      return Array.from(new BigInt64Array(data.buffer, data.byteOffset, data.length / 8), Number);
    default:
      return data;
  }
}

export interface Distance {
  readonly values: number;
  readonly differing: number;
  readonly largest: number;
  readonly mean: number;
}

/** How far outputs are apart, in the units of their type (counts where they are quantized). */
export function distance(expected: readonly OutputTensor[], got: readonly OutputTensor[]): Distance {
  let [values, differing, largest, sum] = [0, 0, 0, 0];
  expected.forEach((tensor, t) => {
    const other = got[t];
    if (other?.data.length !== tensor.data.length)
      throw new Error(`${tensor.name}: ${other?.data.length} bytes, not ${tensor.data.length}`);
    const [a, b] = [valuesOf(tensor), valuesOf(other)];
    values += a.length;
    for (let i = 0; i < a.length; i++) {
      const apart = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
      if (!(apart === 0)) differing++;
      if (!(apart <= largest)) largest = apart;
      sum += apart;
    }
  });
  return { values, differing, largest, mean: values === 0 ? 0 : sum / values };
}

export function topOne(output: OutputTensor | undefined): number {
  const values = output === undefined ? [] : valuesOf(output);
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
