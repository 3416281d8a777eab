/** What stages told while real models were compiled: for tests that spoil it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite, type CompileOptions } from '../../src/compile.js';
import type { PartStage } from '../../src/stages.js';
import { type Told, withStage } from '../../src/validate/index.js';
import { repository } from '../host/repository.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, type ByteType } from '../ops/builder.js';
import { everyOp } from '../ops/every_op.js';
import type { OpForm } from '../ops/form.js';
import { goldenModels } from '../golden/models.js';
import { drawn } from '../ops/builder.js';
import { resized, transposed } from '../ops/host_models.js';
import { randomGraph } from '../random/graph.js';

export interface Snapshot {
  readonly title: string;
  readonly before: Told;
  readonly told: PartStage;
}

export const snapshotsOf = (title: string, bytes: Uint8Array, options: CompileOptions): readonly Snapshot[] => {
  const all: Snapshot[] = [];
  let before: Told = {};
  compileTflite(bytes, options, 0, (told) => {
    if (told.part === null) return;
    all.push({ title: `${title} after ${told.stage}`, before, told });
    before = withStage(before, told);
  });
  return all;
};

const formModel = ({ make }: OpForm, type: ByteType, shape: readonly number[]): Uint8Array | null => {
  const b = new Builder(7);
  const [scale, zero] = [0.05, type === 'int8' ? -3 : 125];
  const made = make(b, { index: b.input(type, shape, scale, zero), type, shape, scale, zero });
  if (made === null) return null;
  const outputs = made.map(({ index }) => index);
  return writeTflite(b.model('', outputs).spec);
};

const shapes = [
  ['int8', [1, 6, 4, 40]],
  ['uint8', [2, 4, 6, 16]],
] as const;

/** Every form of every op, what goldens show, nodes on the host, and graphs of many ops, also with convolutions cut by signs. */
export const snapshots = (): readonly Snapshot[] => {
  const options = { trust: 'inferred', parts: 'all' } as const;
  const forms = everyOp.flatMap((form) =>
    shapes.flatMap(([type, shape]) => {
      const bytes = formModel(form, type, shape);
      return bytes === null ? [] : snapshotsOf(`${form.title} ${type}`, bytes, options);
    }),
  );
  const digits = new Uint8Array(readFileSync(join(repository, 'examples/digits_int8.tflite')));
  const graphs = [...Array(6).keys()].flatMap((i) =>
    snapshotsOf(`graph ${i + 1}`, randomGraph(i + 1).bytes, i % 2 === 0 ? options : { ...options, precision: 'best' }),
  );
  const goldens = goldenModels.flatMap((golden) => snapshotsOf(golden.name, golden.bytes, options));
  const hosted = [...drawn(resized('RESIZE_BILINEAR'), 4), ...drawn(transposed, 4)].flatMap(({ title, spec }) =>
    snapshotsOf(title, writeTflite(spec), options),
  );
  return [...forms, ...goldens, ...hosted, ...snapshotsOf('digits', digits, options), ...graphs];
};
