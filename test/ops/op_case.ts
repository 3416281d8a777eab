/** What the tests know of one op, in one file (`cases/`): `cases.test.ts` runs its models, and tests of all ops its forms. */
import type fc from 'fast-check';
import type { Numerics } from '../../src/graph/numerics.js';
import type { Runtime } from '../host/python.js';
import type { OpName } from '../host/tflite_writer.js';
import type { OpModel } from './builder.js';
import type { OpForm } from './form.js';
import type { Expectation } from './expectation.js';

/** Random models of the op by itself, and what is asked of the values. */
export interface ModelTest {
  readonly title: string;
  readonly models: fc.Arbitrary<OpModel>;
  readonly expected: Omit<Expectation, 'runtime'>;
  /** Where a release of TFLite gives other values, or none. Default: both. */
  readonly runtimes?: readonly Runtime[];
}

/** A model that the NPU does not take, and by which rule. */
export interface RefusedModel {
  readonly title: string;
  readonly model: () => OpModel;
  /** Default: the newest. */
  readonly numerics?: Numerics;
  readonly rule: string;
  /** Of the refusal's text. */
  readonly text: string;
}

export interface OpCase {
  readonly op: OpName;
  readonly forms: readonly OpForm[];
  readonly tests: readonly ModelTest[];
  readonly refused: readonly RefusedModel[];
}
