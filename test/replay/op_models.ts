/** Each op of the table in its forms, as models that two compilers are compared by. */
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';
import { everyOp } from '../ops/every_op.js';

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

export const ownModel = (group: string, title: string, bytes: () => Uint8Array, quick = true): ReplayModel => ({
  name: title === '' ? group : `${group}: ${title}`,
  group,
  own: true,
  quick,
  bytes,
});

/** A batch of two has views with gaps; 40 channels do not fill their last atom. */
const opShapes = [
  [1, 6, 4, 40],
  [2, 4, 6, 16],
] as const;

/** What they are compiled with: whether or not the CPU would do an op of this size sooner. */
export const opSetting = 'all';
export const isOpGroup = (group: string): boolean => group.startsWith('ops/');

/** Each op of the table, in its forms. */
export const opModels = (): readonly ReplayModel[] =>
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
