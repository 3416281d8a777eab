import { clamp, type Graph, highest, lowest } from '../ops/random_layers.js';
import { ints, isMap, made, moved, picked, push, sizeOf, spread, type Value, version } from './value.js';

/** Ops that only put values to other places. Each takes the graph and a value, and gives its results, or null where it does not fit. */
export type Layer = (graph: Graph, value: Value, others: readonly Value[]) => readonly Value[] | null;

const reshapedTo = (graph: Graph, value: Value, shape: readonly number[], free: boolean): Value => {
  const output = moved(graph, 'reshape', value, shape);
  // As converters write it: the first dimension is what is left.
  const asked = free ? [-1, ...shape.slice(1)] : shape;
  push(graph, {
    op: 'RESHAPE',
    inputs: [value.index, ints(graph, asked)],
    outputs: [output.index],
    options: { type: 'ReshapeOptions', fields: { newShape: asked } },
  });
  return output;
};

const transposedTo = (graph: Graph, value: Value, order: readonly number[]): Value => {
  const shape = order.map((axis) => value.shape[axis] ?? 1);
  const output = moved(graph, 'transpose', value, shape);
  push(graph, {
    op: 'TRANSPOSE',
    version: version(graph),
    inputs: [value.index, ints(graph, order)],
    outputs: [output.index],
  });
  return output;
};

/** Shapes with as many elements: dimensions merged, swapped, split, put in front. */
export const reshape: Layer = (graph, value) => {
  const { random } = graph;
  const { shape } = value;
  const [batch = 1, ...rest] = shape;
  const channels = shape.at(-1) ?? 1;
  const inner = sizeOf(rest);
  const half = channels % 2 === 0 ? [[...shape.slice(0, -1), 2, channels / 2]] : [];
  const choices: (readonly number[])[] = [
    [batch, inner],
    [batch, inner / channels, channels],
    [batch, 1, inner / channels, channels],
    [batch, inner / channels, 1, channels],
    [1, batch, inner / channels, channels],
    [batch, 1, 1, inner],
    ...(shape.length === 4 ? [[batch, shape[2] ?? 1, shape[1] ?? 1, channels]] : []),
    ...(shape.length === 4 ? [[batch, channels, shape[1] ?? 1, shape[2] ?? 1]] : []),
    ...half,
  ];
  const chosen = choices[random.integer(0, choices.length - 1)] ?? shape;
  return [reshapedTo(graph, value, chosen, random.chance(0.5))];
};

/** To four dimensions again. */
export const toMap = (graph: Graph, value: Value): Value => {
  const { shape } = value;
  if (shape.length === 4) return value;
  const [batch = 1, ...rest] = shape;
  const channels = rest.length === 0 ? 1 : (rest.at(-1) ?? 1);
  const plane = sizeOf(rest) / channels;
  const width = [4, 3, 2].find((side) => plane % side === 0) ?? 1;
  return reshapedTo(graph, value, [batch, plane / width, width, channels], graph.random.chance(0.5));
};

export const transpose: Layer = (graph, value) => {
  const { random } = graph;
  const rank = value.shape.length;
  if (rank < 2 || rank > 4) return null;
  const orders: readonly (readonly number[])[] =
    rank === 4
      ? [
          [0, 3, 1, 2],
          [0, 2, 3, 1],
          [0, 2, 1, 3],
          [0, 1, 3, 2],
        ]
      : rank === 3
        ? [
            [0, 2, 1],
            [1, 0, 2],
          ]
        : [[1, 0]];
  return [transposedTo(graph, value, orders[random.integer(0, orders.length - 1)] ?? [])];
};

/** Channels of some groups one by one. */
export const shuffle: Layer = (graph, value) => {
  const { random } = graph;
  const { shape, channels } = value;
  const groups = [2, 3, 4].filter((count) => channels % count === 0 && channels > count);
  const count = groups[random.integer(0, groups.length - 1)];
  if (!isMap(value) || count === undefined || value.batch > 2) return null;
  const front = shape.slice(0, -1);
  const grouped = reshapedTo(graph, value, [...front, count, channels / count], false);
  return [reshapedTo(graph, transposedTo(graph, grouped, [0, 1, 2, 4, 3]), shape, random.chance(0.5))];
};

/** SPLIT and SPLIT_V: all parts go on. */
export const split: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const axis = random.pick([3, 3, 3, 1, 2, 0]);
  const length = value.shape[axis] ?? 1;
  if (length < 2) return null;
  const given = axis === 3 ? picked : (statistics: Value): Value => statistics;
  const part = (size: number, first: number): Value =>
    moved(
      graph,
      'part',
      value,
      value.shape.map((dim, i) => (i === axis ? size : dim)),
      given(value, first, size),
    );
  const even = [2, 3, 4].filter((count) => length % count === 0);
  const count = even[random.integer(0, even.length - 1)];
  const named = random.chance(0.5) ? axis : axis - 4;
  if (count !== undefined && random.chance(0.6)) {
    const parts = Array.from({ length: count }, (_, i) => part(length / count, (i * length) / count));
    push(graph, {
      op: 'SPLIT',
      version: version(graph),
      inputs: [ints(graph, [named], []), value.index],
      outputs: parts.map(({ index }) => index),
      options: { type: 'SplitOptions', fields: { splits: count } },
    });
    return parts;
  }
  const first = random.chance(0.4) && length > 16 ? 16 : random.integer(1, length - 1);
  const parts = [part(first, 0), part(length - first, first)];
  push(graph, {
    op: 'SPLIT_V',
    version: version(graph),
    inputs: [value.index, ints(graph, [first, length - first]), ints(graph, [named], [])],
    outputs: parts.map(({ index }) => index),
    options: { type: 'SplitVOptions', fields: { splits: 2 } },
  });
  return parts;
};

/** SLICE and STRIDED_SLICE; of the channels from any first one. */
export const slice: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const begin = value.shape.map((dim, axis) => (axis === 0 || random.chance(0.5) ? 0 : random.integer(0, dim - 1)));
  const end = value.shape.map((dim, axis) =>
    axis === 0 || random.chance(0.4) ? dim : random.integer((begin[axis] ?? 0) + 1, dim),
  );
  const step = value.shape.map((_, axis) => (random.chance(0.15) && (axis === 1 || axis === 2) ? 2 : 1));
  const strided = step.includes(2) || random.chance(0.5);
  const shape = end.map((to, axis) => Math.ceil((to - (begin[axis] ?? 0)) / (step[axis] ?? 1)));
  const output = moved(graph, 'slice', value, shape, picked(value, begin[3] ?? 0, shape[3] ?? 1));
  // Whole batches stay whole when the input is resized.
  if (strided)
    push(graph, {
      op: 'STRIDED_SLICE',
      version: version(graph),
      inputs: [value.index, ints(graph, begin), ints(graph, end), ints(graph, step)],
      outputs: [output.index],
      options: {
        type: 'StridedSliceOptions',
        fields: { beginMask: 1, endMask: 1, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 },
      },
    });
  else
    push(graph, {
      op: 'SLICE',
      version: version(graph),
      inputs: [value.index, ints(graph, begin), ints(graph, [-1, ...shape.slice(1)])],
      outputs: [output.index],
      options: { type: 'SliceOptions', fields: {} },
    });
  return [output];
};

/** PAD and PADV2 of the plane, now and then of the channels; MIRROR_PAD. */
export const pad: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const kind = random.pick(['PAD', 'PAD', 'PADV2', 'MIRROR_PAD']);
  const most = (axis: number): number => (kind === 'MIRROR_PAD' ? Math.min(2, (value.shape[axis] ?? 1) - 1) : 2);
  const around = value.shape.map((_, axis): readonly [number, number] =>
    axis === 0 || (axis === 3 && (kind === 'MIRROR_PAD' || random.chance(0.8)))
      ? [0, 0]
      : [random.integer(0, most(axis)), random.integer(0, most(axis))],
  );
  const shape = value.shape.map((dim, axis) => dim + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0));
  const output = moved(graph, 'pad', value, shape);
  const inputs = [value.index, ints(graph, around.flat(), [4, 2])];
  const code = random.integer(lowest(graph), highest(graph));
  if (kind === 'PADV2') {
    const { type, spec } = graph;
    const data = Uint8Array.of(code & 0xff);
    inputs.push(
      spec.tensors.push({
        name: `pad${spec.tensors.length}`,
        type,
        shape: [],
        scale: [value.scale],
        zeroPoint: [value.zeroPoint],
        data,
      }) - 1,
    );
  }
  push(graph, {
    op: kind,
    version: version(graph),
    inputs,
    outputs: [output.index],
    options:
      kind === 'MIRROR_PAD'
        ? { type: 'MirrorPadOptions', fields: { mode: random.integer(0, 1) } }
        : { type: kind === 'PAD' ? 'PadOptions' : 'PadV2Options', fields: {} },
  });
  return [output];
};

export const blocks: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const { batch, height, width, channels } = value;
  const deep = channels % 4 === 0 && random.chance(0.6);
  if (!deep && (height % 2 === 1 || width % 2 === 1)) return null;
  const shape = deep ? [batch, height * 2, width * 2, channels / 4] : [batch, height / 2, width / 2, channels * 4];
  const output = moved(graph, 'blocks', value, shape);
  push(graph, {
    op: deep ? 'DEPTH_TO_SPACE' : 'SPACE_TO_DEPTH',
    version: deep ? 1 : version(graph),
    inputs: [value.index],
    outputs: [output.index],
    options: { type: deep ? 'DepthToSpaceOptions' : 'SpaceToDepthOptions', fields: { blockSize: 2 } },
  });
  return [output];
};

/** Values of one quantization and of shapes that differ in one axis only. */
const joinable = (value: Value, axis: number, other: Value): boolean =>
  other.scale === value.scale &&
  other.zeroPoint === value.zeroPoint &&
  other.shape.length === value.shape.length &&
  other.shape.every((dim, i) => i === axis || dim === value.shape[i]);

/** CONCATENATION with what is alike, or with itself. */
export const concatenation: Layer = (graph, value, others) => {
  const { random } = graph;
  const axis = isMap(value) ? random.pick([3, 3, 3, 1, 2, 0]) : value.shape.length - 1;
  const alike = others.filter((other) => joinable(value, axis, other));
  const parts = [value];
  const count = random.integer(1, 3);
  for (let i = 0; i < count; i++) parts.push(alike[random.integer(0, alike.length - 1)] ?? value);
  if (random.chance(0.5)) parts.reverse();
  const shape = value.shape.map((dim, i) =>
    i === axis ? parts.reduce((sum, part) => sum + (part.shape[i] ?? 1), 0) : dim,
  );
  if (sizeOf(shape) > 40_000) return null;
  const last = axis === value.shape.length - 1;
  const statistics = last
    ? {
        mean: Float64Array.from(parts.flatMap(({ mean }) => [...mean])),
        deviation: Float64Array.from(parts.flatMap(({ deviation }) => [...deviation])),
      }
    : spread(value, value.channels);
  const output = made(graph, 'joined', {
    shape,
    scale: value.scale,
    zeroPoint: value.zeroPoint,
    statistics,
    differs: Math.max(...parts.map(({ differs }) => differs)),
    depth: Math.max(...parts.map(({ depth }) => depth)),
  });
  push(graph, {
    op: 'CONCATENATION',
    version: version(graph),
    inputs: parts.map(({ index }) => index),
    outputs: [output.index],
    options: {
      type: 'ConcatenationOptions',
      fields: { axis: random.chance(0.5) ? axis : axis - shape.length, activation: 0 },
    },
  });
  return [output];
};

/** PACK with another one of the shape, or UNPACK of a short axis: ranks of 3 and 5 in between. */
export const pack: Layer = (graph, value, others) => {
  const { random } = graph;
  const rank = value.shape.length;
  if (rank === 4) {
    const axis = random.integer(0, 3);
    const count = value.shape[axis] ?? 1;
    if (count > 4) return null;
    const shape = value.shape.filter((_, i) => i !== axis);
    const parts = Array.from({ length: count }, () => moved(graph, 'unpacked', value, shape));
    push(graph, {
      op: 'UNPACK',
      version: version(graph),
      inputs: [value.index],
      outputs: parts.map(({ index }) => index),
      options: { type: 'UnpackOptions', fields: { count, axis } },
    });
    return parts;
  }
  if (rank !== 3) return null;
  const axis = random.integer(0, 3);
  const parts = [value, ...others.filter((other) => joinable(value, -1, other)).slice(0, random.integer(0, 2))];
  const shape = [...value.shape.slice(0, axis), parts.length, ...value.shape.slice(axis)];
  const output = made(graph, 'packed', {
    shape,
    scale: value.scale,
    zeroPoint: value.zeroPoint,
    statistics: spread(value, shape.at(-1) ?? 1),
    differs: Math.max(...parts.map(({ differs }) => differs)),
    depth: Math.max(...parts.map(({ depth }) => depth)),
  });
  push(graph, {
    op: 'PACK',
    version: version(graph),
    inputs: parts.map(({ index }) => index),
    outputs: [output.index],
    options: { type: 'PackOptions', fields: { valuesCount: parts.length, axis } },
  });
  return [output];
};

export const resize: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const { batch, height, width, channels } = value;
  const factor = random.pick([2, 2, 3, 1]);
  const shrink = random.chance(0.15) && height % 2 === 0 && width % 2 === 0;
  const size = shrink ? [height / 2, width / 2] : [height * factor, width * factor];
  const shape = [batch, ...size, channels];
  if (sizeOf(shape) > 40_000) return null;
  const bilinear = random.chance(0.5);
  const half = random.chance(0.5);
  const output = made(graph, 'resized', {
    shape,
    scale: value.scale,
    zeroPoint: value.zeroPoint,
    statistics: value,
    differs: value.differs + (bilinear ? 1 : 0),
    depth: value.depth + (bilinear ? 1 : 0),
  });
  push(graph, {
    op: bilinear ? 'RESIZE_BILINEAR' : 'RESIZE_NEAREST_NEIGHBOR',
    version: bilinear ? 3 : 3,
    inputs: [
      value.index,
      ints(
        graph,
        size.map((side) => clamp(side, 1, 200)),
      ),
    ],
    outputs: [output.index],
    options: {
      type: bilinear ? 'ResizeBilinearOptions' : 'ResizeNearestNeighborOptions',
      fields: { alignCorners: !half && random.chance(0.2), halfPixelCenters: half },
    },
  });
  return [output];
};
