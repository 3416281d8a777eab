/** Batches: an op on each picture by itself, its feature maps parts of the memory of all. */
import type { Graph, Tensor } from '../model/graph.js';
import { areaTensor, pictureArea, Spare } from './arrange.js';
import type { Operation, ViewOperation } from './operation.js';
import type { OpContext, OpDefinition } from './rule.js';

/** More pictures than this take more tasks than the op is worth. */
export const mostPictures = 16;

const isMap = ({ graph }: OpContext, tensor: number): boolean => {
  const found = graph.tensors.get(tensor);
  return found !== undefined && !found.constant && found.shape.length === 4;
};

const mapsOf = (context: OpContext): readonly number[] => [
  ...new Set([...context.node.inputs, ...context.node.outputs].filter((tensor) => isMap(context, tensor))),
];

/** Pictures in each feature map; 1 where the maps do not agree, or have no batch: the op's own rules judge that. */
const picturesOf = (context: OpContext): number => {
  const { graph, node } = context;
  const flat = [...node.inputs, ...node.outputs].some((tensor) => {
    const found = graph.tensors.get(tensor);
    return found !== undefined && !found.constant && found.shape.length !== 4;
  });
  if (flat) return 1;
  const counts = new Set(mapsOf(context).map((tensor) => graph.tensors.get(tensor)?.shape[0] ?? 1));
  const [count = 1] = counts;
  return counts.size === 1 && Number.isInteger(count) && count > 1 ? count : 1;
};

interface Picture {
  readonly context: OpContext;
  readonly views: readonly ViewOperation[];
}

/** The node with the tensors of one picture in place of those of the batch. */
const pictureOf = (context: OpContext, picture: number, spare: Spare): Picture => {
  const { graph, node } = context;
  const tensors = new Map<number, Tensor>(graph.tensors);
  const own = new Map<number, number>();
  const views = mapsOf(context).flatMap((whole): readonly ViewOperation[] => {
    const tensor = graph.tensors.get(whole);
    if (tensor === undefined) return [];
    const area = pictureArea(tensor, picture);
    const { tensor: output, views: made } = areaTensor(area, [node.index], spare);
    own.set(whole, output);
    tensors.set(output, { ...tensor, index: output, shape: [1, ...area.shape] });
    return made;
  });
  const renamed = (list: readonly number[]): readonly number[] => list.map((tensor) => own.get(tensor) ?? tensor);
  const alone: Graph = { ...graph, tensors };
  return {
    context: {
      ...context,
      graph: alone,
      node: { ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) },
      spare: spare.next(),
    },
    views,
  };
};

const firstPicture = (context: OpContext): OpContext =>
  pictureOf(context, 0, new Spare(Math.max(...context.graph.tensors.keys()) + 1)).context;

type Lowered = Pick<OpDefinition, 'rules' | 'lower'>;

const batchedRules = (definition: Lowered): Lowered => ({
  rules: [
    {
      name: 'batch',
      text: `at most ${mostPictures} pictures, each of which makes tasks of its own`,
      broken: (context) => {
        const pictures = picturesOf(context);
        return pictures <= mostPictures ? null : `${pictures} pictures`;
      },
    },
    ...definition.rules.map((rule) => ({
      ...rule,
      broken: (context: OpContext) => rule.broken(picturesOf(context) > 1 ? firstPicture(context) : context),
    })),
  ],
  lower: (context) => {
    const pictures = picturesOf(context);
    if (pictures === 1) return definition.lower(context);
    let next = context.spare;
    return Array.from({ length: pictures }, (_, picture): readonly Operation[] => {
      const { context: own, views } = pictureOf(context, picture, new Spare(next));
      const operations = [...views, ...definition.lower(own)];
      next = Math.max(own.spare, ...operations.map(({ output }) => output)) + 1;
      return operations;
    }).flat();
  },
});

/** The same op for batches of more than one picture. */
export const batched = (definition: OpDefinition): OpDefinition => ({
  op: definition.op,
  ...batchedRules(definition),
  ...(definition.host === undefined ? {} : { host: { fact: definition.host.fact, ...batchedRules(definition.host) } }),
});
