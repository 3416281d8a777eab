/**
 * Batches: an op on each sample by itself, its feature maps parts of the memory of all. A form around the op's own and no
 * rewrite (`rewrite/`): tensors of a graph are no parts of others, so n nodes would need slices and a concatenation with rules
 * of their own, where operations have views.
 */
import type { Graph, Tensor } from '../graph/graph.js';
import { areaTensor, sampleArea, FreshIds } from '../ir/build/arrange.js';
import type { Operation, ViewOperation } from '../ir/operation.js';
import { type Form, matched, type OpContext, type OpDefinition, refused, type RuleText } from './shared/rule.js';

/** More samples than this take more tasks than the op is worth. */
export const mostSamples = 16;

type KeepsBatch = OpDefinition['keepsBatch'];

/** Feature maps with the batch in front: those of four dimensions, and outputs that an op makes of them without some. */
const mapsOf = (context: OpContext, keepsBatch: KeepsBatch): readonly number[] => {
  const { graph, node } = context;
  const ranks = (tensors: readonly number[], isMap: (rank: number) => boolean): readonly number[] =>
    tensors.filter((tensor) => {
      const found = graph.tensors.get(tensor);
      return found !== undefined && !found.constant && isMap(found.shape.length);
    });
  const fewer = keepsBatch?.(context) === true;
  return [
    ...new Set([
      ...ranks(node.inputs, (rank) => rank === 4),
      ...ranks(node.outputs, (rank) => rank === 4 || (fewer && (rank === 2 || rank === 3))),
    ]),
  ];
};

/** Samples in each feature map; 1 where the maps do not agree, or have no batch: the op's own rules judge that. */
const samplesOf = (context: OpContext, keepsBatch: KeepsBatch): number => {
  const { graph, node } = context;
  const all = mapsOf(context, keepsBatch);
  const flat = [...node.inputs, ...node.outputs].some(
    (tensor) => graph.tensors.get(tensor)?.constant === false && !all.includes(tensor),
  );
  if (flat) return 1;
  const counts = new Set(all.map((tensor) => graph.tensors.get(tensor)?.shape[0]));
  const [count] = counts;
  return counts.size === 1 && count !== undefined && Number.isInteger(count) && count > 1 ? count : 1;
};

interface Sample {
  readonly context: OpContext;
  readonly views: readonly ViewOperation[];
}

/** The node with the tensors of one sample in place of those of the batch. */
const sampleOf = (context: OpContext, keepsBatch: KeepsBatch, sample: number, fresh: FreshIds): Sample => {
  const { graph, node } = context;
  const tensors = new Map<number, Tensor>(graph.tensors);
  const own = new Map<number, number>();
  const views = mapsOf(context, keepsBatch).flatMap((whole): readonly ViewOperation[] => {
    const tensor = graph.tensors.get(whole);
    if (tensor === undefined) return [];
    const area = sampleArea(tensor, sample);
    const { tensor: output, views: made } = areaTensor(area, [node.index], fresh);
    own.set(whole, output);
    tensors.set(output, { ...tensor, index: output, shape: [1, ...tensor.shape.slice(1)] });
    return made;
  });
  const renamed = (list: readonly number[]): readonly number[] => list.map((tensor) => own.get(tensor) ?? tensor);
  const alone: Graph = { ...graph, tensors };
  return {
    context: {
      ...context,
      graph: alone,
      node: { ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) },
      samples: samplesOf(context, keepsBatch),
    },
    views,
  };
};

const batchRule: RuleText = {
  name: 'batch',
  text: `at most ${mostSamples} samples, each of which makes tasks of its own`,
};

const batchedForm = <Given extends Form>(form: Given, keepsBatch: KeepsBatch): Given => ({
  ...form,
  rules: [batchRule, ...form.rules],
  match: (context) => {
    const samples = samplesOf(context, keepsBatch);
    if (samples > mostSamples) return refused(batchRule, `${samples} samples`, context);
    if (samples === 1) return form.match(context);
    const own = new FreshIds(Math.max(...context.graph.tensors.keys()) + 1);
    // All samples are alike but for their place: what refuses one refuses each.
    const first = form.match(sampleOf(context, keepsBatch, 0, own).context);
    if (first.match === null) return first;
    return matched((fresh) =>
      Array.from({ length: samples }, (_, sample): readonly Operation[] => {
        const { context: alone, views } = sampleOf(context, keepsBatch, sample, fresh);
        const { match, refusal } = form.match(alone);
        if (match === null) throw new Error(`sample ${sample}: ${refusal.text}`);
        return [...views, ...match.lower(fresh)];
      }).flat(),
    );
  },
});

/** The same op for batches of more than one sample. */
export const batched = (definition: OpDefinition): OpDefinition => {
  const { host, keepsBatch } = definition;
  const form = batchedForm(definition, keepsBatch);
  return host === undefined ? form : { ...form, host: batchedForm(host, keepsBatch) };
};
