/** One model on one core and on several, on the software NPU: the same bytes, or in which output they differ. */
import { compileTflite, type CompileOptions } from '../../src/compile.js';
import type { SeveralEstimate } from '../../src/cost/several.js';
import { readPlan } from '../../src/plan/read.js';
import type { Plan } from '../../src/plan/format.js';
import type { Addon } from '../host/addon.js';

export interface Compared {
  /** Outputs that differ, by part and number. */
  readonly different: readonly string[];
  /** Plans of several cores, and what the compiler expected of each. */
  readonly plans: readonly { readonly plan: Plan; readonly bytes: Uint8Array; readonly estimate: SeveralEstimate }[];
}

/** @param inputOf bytes of an input of the model, by tensor and length */
export const compareCores = (
  addon: Addon,
  model: Uint8Array,
  options: Omit<CompileOptions, 'trust'>,
  inputOf: (tensor: number, bytes: number) => Uint8Array,
): Compared => {
  const alone = compileTflite(model, { ...options, trust: 'inferred', cores: '1' });
  const estimates = new Map<string, SeveralEstimate>();
  const several = compileTflite(model, { trust: 'inferred', ...options }, 0, (stage) => {
    if (stage.stage === 'estimate' && stage.data.several !== undefined)
      estimates.set(stage.part.nodes.join(), stage.data.several);
  });
  const different: string[] = [];
  const plans: Compared['plans'][number][] = [];
  for (const [i, part] of several.parts.entries()) {
    const one = alone.parts[i];
    if (one?.nodes.join() !== part.nodes.join()) throw new Error('other parts');
    const estimate = estimates.get(part.nodes.join());
    if (estimate === undefined) continue;
    const plan = readPlan(part.plan);
    plans.push({ plan, bytes: part.plan, estimate });
    const sizes = readPlan(one.plan).tensors.flatMap(({ direction, shape, tensor }) =>
      direction === 'in' ? [[tensor, shape.reduce((product, dim) => product * dim, 1)] as const] : [],
    );
    const inputs = sizes.map(([tensor, bytes]) => inputOf(tensor, bytes));
    const [expected, got] = [addon.planRun(one.plan, inputs), addon.planRun(part.plan, inputs)];
    for (const [output, bytes] of expected.entries())
      if (Buffer.compare(bytes, got[output] ?? new Uint8Array()) !== 0) different.push(`part ${i} output ${output}`);
    if (got.length !== expected.length) different.push(`part ${i}: ${got.length} outputs`);
  }
  return { different, plans };
};
