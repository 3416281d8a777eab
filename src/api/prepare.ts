/** A model, or a plan file, as plans that give its outputs one after the other, without TFLite. */
import { type CompiledModel, type CompileOptions, compileTflite, defaultOptions } from '../compile.js';
import { PtfeError } from '../error.js';
import { checkedNode } from '../explain/check_model.js';
import type { Graph } from '../graph/graph.js';
import type { PlanTensor } from '../plan/format.js';
import { readPlan } from '../plan/read.js';
import { readTflite } from '../tflite/reader.js';
import { planFileMagic } from '../wire/plan_file_header.js';
import { readPlanFile } from '../cli/plan_file.js';
import { type CpuNode, CpuNodesError } from './cpu_nodes.js';
import { type TensorInfo, tensorInfo } from './tensor_info.js';

export interface PreparedPart {
  readonly plan: Uint8Array;
  /** TFLite's tensors, in the plan's order. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface Prepared {
  /** In an order in which they can run. */
  readonly parts: readonly PreparedPart[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** Options of the compiler, but `parts`: a part that costs more than it saves has no CPU to fall back to. */
export interface PrepareOptions extends Partial<Omit<CompileOptions, 'parts' | 'hosted'>> {
  /** Tensors by name or number, instead of the model's outputs: what only they need is not computed. */
  readonly outputs?: readonly (string | number)[];
}

interface ReadPart extends PreparedPart {
  readonly tensors: readonly PlanTensor[];
}

const readPart = (plan: Uint8Array): ReadPart => {
  const { tensors } = readPlan(plan);
  const of = (direction: PlanTensor['direction']): readonly number[] =>
    tensors.flatMap((one) => (one.direction === direction ? [one.tensor] : []));
  return { plan, inputs: of('in'), outputs: of('out'), tensors };
};

/** The parts that some tensors need, each behind those that make its inputs. */
const partsFor = (parts: readonly ReadPart[], wanted: readonly number[]): readonly ReadPart[] => {
  const found: ReadPart[] = [];
  const need = (tensor: number): void => {
    const maker = parts.find(({ outputs }) => outputs.includes(tensor));
    if (maker === undefined || found.includes(maker)) return;
    for (const input of maker.inputs) need(input);
    found.push(maker);
  };
  for (const tensor of wanted) need(tensor);
  return found;
};

const prepared = (
  parts: readonly ReadPart[],
  outputs: readonly number[],
  given: readonly number[] | null,
  graph: Graph | null,
): Prepared => {
  const chosen = partsFor(parts, outputs);
  const infoOf = (tensor: number, direction: PlanTensor['direction']): TensorInfo => {
    const planned = chosen
      .flatMap(({ tensors }) => tensors)
      .find((one) => one.tensor === tensor && one.direction === direction);
    if (planned === undefined) {
      const name = graph?.tensors.get(tensor)?.name;
      throw new PtfeError(
        'bad-option',
        'option outputs',
        `tensor ${tensor}${name === undefined ? '' : ` "${name}"`} is inside of what the NPU computes at once, or an input`,
        'outputs of the model, and tensors that a node on the CPU reads, can be had',
      );
    }
    return tensorInfo(planned, graph);
  };
  const made = new Set(chosen.flatMap((part) => part.outputs));
  const taken = [...new Set(chosen.flatMap((part) => part.inputs))].filter((tensor) => !made.has(tensor));
  // In the model's order, where it has one.
  const inputs = given === null ? taken : given.filter((tensor) => taken.includes(tensor));
  return {
    parts: chosen.map(({ plan, inputs: from, outputs: to }) => ({ plan, inputs: from, outputs: to })),
    inputs: inputs.map((tensor) => infoOf(tensor, 'in')),
    outputs: outputs.map((tensor) => infoOf(tensor, 'out')),
  };
};

/** Nodes that a tensor needs. */
const nodesFor = (graph: Graph, wanted: readonly number[]): ReadonlySet<number> => {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((tensor) => [tensor, node] as const)));
  const needed = new Set<number>();
  const waiting = [...wanted];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    const node = makers.get(tensor);
    if (node === undefined || needed.has(node.index)) continue;
    needed.add(node.index);
    waiting.push(...node.inputs);
  }
  return needed;
};

const wantedTensors = (
  graph: Graph,
  outputs: readonly number[],
  asked: readonly (string | number)[] | undefined,
): readonly number[] =>
  asked === undefined
    ? outputs
    : asked.map((one) => {
        const found =
          typeof one === 'number'
            ? graph.tensors.get(one)
            : [...graph.tensors.values()].find(({ name }) => name === one);
        if (found !== undefined) return found.index;
        throw new PtfeError('bad-option', 'option outputs', `the model has no tensor ${JSON.stringify(one)}`);
      });

/** Tensors of the NPU's that the CPU's nodes read, where nothing before them is the CPU's. */
const namesBefore = (graph: Graph, compiled: CompiledModel, onCpu: ReadonlySet<number>): readonly string[] => {
  const made = new Set(compiled.parts.flatMap(({ outputs }) => outputs));
  const read = graph.nodes.filter(({ index }) => onCpu.has(index)).flatMap(({ inputs }) => inputs);
  const whole = [...new Set(read)].filter(
    (tensor) => made.has(tensor) && [...nodesFor(graph, [tensor])].every((node) => !onCpu.has(node)),
  );
  return whole.flatMap((tensor) => graph.tensors.get(tensor)?.name ?? []).filter((name) => name !== '');
};

const prepareModel = (bytes: Uint8Array, { outputs: asked, ...options }: PrepareOptions): Prepared => {
  const { graph, inputs, outputs } = readTflite(bytes, 0, options.numerics);
  const compiled = compileTflite(bytes, { ...defaultOptions, ...options, parts: 'all' });
  const wanted = wantedTensors(graph, outputs, asked);
  const needed = nodesFor(graph, wanted);
  const refused = new Set(compiled.refusals.map(({ node }) => node));
  const onCpu = graph.nodes.filter(({ index }) => needed.has(index) && refused.has(index));
  if (onCpu.length > 0) {
    const nodes = onCpu.map(({ index, op }): CpuNode => {
      const { rule, text, advice } = checkedNode(compiled, index, op);
      return { node: index, op, reason: `${rule ?? ''}: ${text ?? ''}`, advice: advice ?? '' };
    });
    throw new CpuNodesError(nodes, namesBefore(graph, compiled, refused));
  }
  return prepared(
    compiled.parts.map(({ plan }) => readPart(plan)),
    wanted,
    inputs,
    graph,
  );
};

/** Of a plan file the graph is not known: its inputs are what no part makes, its outputs what no part reads. */
const preparePlanFile = (bytes: Uint8Array, asked: readonly (string | number)[] | undefined): Prepared => {
  const { refused, parts } = readPlanFile(bytes);
  if (asked === undefined && refused.length > 0)
    throw new CpuNodesError(
      refused.map(({ node, text }) => ({ node, op: '', reason: text, advice: '' })),
      [],
    );
  const read = parts.map(({ plan }) => readPart(plan));
  const inside = new Set(read.flatMap(({ inputs }) => inputs));
  const ends = read.flatMap(({ outputs }) => outputs).filter((tensor) => !inside.has(tensor));
  const wanted = (asked ?? ends).map((one) => {
    if (typeof one === 'number') return one;
    throw new PtfeError('bad-option', 'option outputs', `"${one}": a plan file has no names, only numbers of tensors`);
  });
  return prepared(read, wanted, null, null);
};

/** @throws PtfeError; CpuNodesError where nodes stay on the CPU */
export const prepare = (bytes: Uint8Array, options: PrepareOptions): Prepared => {
  const magic = new TextDecoder('latin1').decode(bytes.subarray(0, planFileMagic.length));
  return magic === planFileMagic ? preparePlanFile(bytes, options.outputs) : prepareModel(bytes, options);
};
