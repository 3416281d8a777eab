/** For each rule: what breaks it. */
import { destinationOf, type EmittedTask } from '../../src/emit/tasks.js';
import type { Part } from '../../src/graph/graph.js';
import { type Operation, operandsOf, type PlacedOperation } from '../../src/ir/operation.js';
import type { Placement } from '../../src/place/place.js';
import type { Spot } from '../../src/place/spots.js';
import type { PartStages } from '../../src/stages.js';
import { type ConvTile, type ElementwiseTile, isHostStep, type Step } from '../../src/tile/task.js';
import type { Told } from '../../src/validate/index.js';

type Spoilt<Data> = { readonly data: Data; readonly before?: Partial<Told> } | null;

export interface Corruption {
  readonly stage: keyof PartStages;
  readonly rule: string;
  readonly title: string;
  /** Rules that may notice it sooner. */
  readonly also?: readonly string[];
  /** @returns null where there is nothing of that kind to spoil */
  readonly spoil: (data: never, before: Required<Told>, part: Part) => Spoilt<unknown>;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

const of = <Stage extends keyof PartStages>(
  stage: Stage,
  rule: string,
  title: string,
  spoil: (data: Draft<PartStages[Stage]>, before: Required<Told>, part: Part) => Spoilt<PartStages[Stage]>,
  also: readonly string[] = [],
): Corruption => ({ stage, rule, title, spoil: spoil as Corruption['spoil'], also });

const replaced = <T>(list: readonly T[], at: number, ...others: readonly T[]): readonly T[] => [
  ...list.slice(0, at),
  ...others,
  ...list.slice(at + 1),
];

type OfKind<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

/** Changes the first operation of a kind that can be changed. */
const changed = <Kind extends Operation['kind']>(
  rule: string,
  title: string,
  kind: Kind,
  change: (operation: OfKind<Kind>) => object | null,
  also: readonly string[] = [],
): Corruption =>
  of(
    'fuse',
    rule,
    title,
    ({ operations }) => {
      for (const [i, operation] of operations.entries()) {
        if (operation.kind !== kind) continue;
        const other = change(operation as OfKind<Kind>);
        if (other !== null)
          return { data: { operations: replaced(operations, i, { ...operation, ...other } as Operation) } };
      }
      return null;
    },
    also,
  );

/** The result of an operation of the kind has one column more. */
const wider = (kind: Exclude<Operation['kind'], 'view' | 'constant' | 'copy'>): Corruption =>
  of('fuse', 'planes', `the result of a ${kind} has one column more`, ({ operations }, { graph }) => {
    const found = operations.find((op) => op.kind === kind && (graph.tensors.get(op.output)?.shape.length ?? 0) > 1);
    const tensor = found === undefined ? undefined : graph.tensors.get(found.output);
    if (tensor === undefined) return null;
    const shape = tensor.shape.map((dim, i) => (i === tensor.shape.length - 2 ? dim + 1 : dim));
    const tensors = new Map(graph.tensors).set(tensor.index, { ...tensor, shape });
    return { data: { operations }, before: { graph: { ...graph, tensors } } };
  });

const copy = (tensor: number): Operation => ({ kind: 'copy', nodes: [0], input: tensor, output: tensor });

const operationCorruptions: readonly Corruption[] = [
  of('fuse', 'types', 'a result of 32-bit numbers', ({ operations }, { graph }) => {
    const found = operations.map(({ output }) => graph.tensors.get(output)).find((tensor) => tensor !== undefined);
    if (found === undefined) return null;
    const tensors = new Map(graph.tensors).set(found.index, { ...found, type: 'int32' });
    return { data: { operations }, before: { graph: { ...graph, tensors } } };
  }),
  of('fuse', 'names', 'a view that nothing makes', ({ operations }) => {
    const at = operations.findIndex(({ kind }) => kind === 'view');
    return at < 0 ? null : { data: { operations: replaced(operations, at) } };
  }),
  of('fuse', 'names', 'a view that is made twice', ({ operations }) => {
    const view = operations.find(({ kind }) => kind === 'view');
    return view === undefined ? null : { data: { operations: [...operations, view] } };
  }),
  changed('names', 'a view in the place of a tensor of the graph', 'view', () => ({ output: 0 })),
  ...(['conv', 'add', 'scale', 'pair', 'unpool', 'move', 'border', 'pad', 'host'] as const).map(wider),
  changed('planes', 'a depthwise convolution with one channel more', 'conv', ({ depthwise, geometry }) =>
    depthwise ? { geometry: { ...geometry, outputChannels: geometry.outputChannels + 1 } } : null,
  ),
  changed('planes', 'a convolution without a stride', 'conv', ({ geometry }) => ({
    geometry: { ...geometry, strideX: 0 },
  })),
  of('fuse', 'planes', 'a clamp of a tensor of another shape', ({ operations }, { graph }) => {
    const at = operations.findIndex(({ kind }) => kind === 'clamp');
    const clamp = operations[at];
    const shape = graph.tensors.get(clamp?.output ?? -1)?.shape.join();
    const other = operations.find(({ output }) => (graph.tensors.get(output)?.shape.join() ?? shape) !== shape);
    if (clamp?.kind !== 'clamp' || other === undefined) return null;
    return { data: { operations: replaced(operations, at, { ...clamp, input: other.output }) } };
  }),
  of('fuse', 'planes', 'an operand of a fused ADD of another shape', ({ operations }, { graph }) => {
    const at = operations.findIndex((op) => op.kind === 'conv' && op.residual !== null);
    const conv = operations[at];
    const residual = conv?.kind === 'conv' ? conv.residual : null;
    const tensor = graph.tensors.get(residual?.operand ?? -1);
    if (tensor === undefined) return null;
    const tensors = new Map(graph.tensors).set(tensor.index, {
      ...tensor,
      shape: [1, 1, 1, ...tensor.shape.slice(-1)],
    });
    return { data: { operations }, before: { graph: { ...graph, tensors } } };
  }),
  changed('planes', 'a pad that is smaller than its input', 'pad', ({ size, shape }) => ({
    size: [shape[0] - 1, size[1]],
  })),
  changed('planes', 'a view of no rows', 'view', ({ shape }) => ({ shape: [0, shape[1], shape[2]] })),
  changed('planes', 'an order with an axis twice', 'host', ({ kernel }) =>
    kernel.kind === 'permute' && kernel.order.length > 1
      ? { kernel: { ...kernel, order: kernel.order.map(() => 0) } }
      : null,
  ),
  changed('planes', 'a resize from behind the last row', 'host', ({ kernel }) =>
    kernel.kind === 'resize'
      ? { kernel: { ...kernel, rows: kernel.rows.map((row) => ({ ...row, upper: 99 })) } }
      : null,
  ),
  changed('numbers', 'a weight less', 'conv', ({ weights }) => ({ weights: weights.slice(1) })),
  changed('numbers', 'a bias less', 'conv', ({ numbers, stages }) =>
    stages === null && numbers.bias.length > 1 ? { numbers: { ...numbers, bias: numbers.bias.slice(1) } } : null,
  ),
  changed('numbers', 'two multipliers', 'conv', ({ numbers, stages, geometry }) =>
    stages === null && geometry.outputChannels !== 2
      ? { numbers: { ...numbers, multipliers: [...numbers.multipliers, ...numbers.multipliers].slice(0, 2) } }
      : null,
  ),
  changed('numbers', 'a zero-point of a uint8 code', 'conv', () => ({ inputZeroPoint: 200 })),
  changed('numbers', 'a pad of a uint8 code', 'pad', () => ({ value: 200 })),
  changed('numbers', 'a range from above to below', 'clamp', () => ({ range: [3, 2] })),
  changed('numbers', 'a code less', 'constant', ({ codes }) => ({ codes: codes.slice(1) })),
  changed('views', 'a view from inside an atom', 'view', ({ whole, channel }) =>
    whole === null ? null : { channel: channel + 1 },
  ),
  changed('views', 'a view that ends behind its whole', 'view', ({ whole }) =>
    whole === null ? null : { first: 1e6 },
  ),
  changed('views', 'a view of rows that overlap', 'view', ({ whole, shape }) =>
    whole === null || shape[0] === 1 || shape[1] === 1 ? null : { line: shape[1] - 1 },
  ),
  of(
    'fuse',
    'order',
    'what makes an operand comes last',
    ({ operations }) => {
      const at = operations.findIndex(
        ({ kind, output }, i) =>
          kind !== 'view' && operations.slice(i + 1).some((later) => operandsOf(later).includes(output)),
      );
      const moved = operations[at];
      const others = operations.filter(({ kind, output }) => kind !== 'view' && output === moved?.output);
      if (moved === undefined || others.length !== 1) return null;
      return { data: { operations: [...replaced(operations, at), moved] } };
    },
    ['names'],
  ),
  of('fuse', 'kept', 'an input of the part is written', ({ operations }, _, part) => {
    const [input] = part.inputs;
    return input === undefined ? null : { data: { operations: [...operations, copy(input)] } };
  }),
  of('fuse', 'kept', 'a constant is written', ({ operations }) => {
    const constant = operations.find(({ kind }) => kind === 'constant');
    return constant === undefined ? null : { data: { operations: [...operations, copy(constant.output)] } };
  }),
];

const moved = (placement: Placement, tensor: number, spot: Spot): Placement => ({
  ...placement,
  spots: new Map(placement.spots).set(tensor, spot),
  // Room for all: what is wrong is where it stands, not that it ends too late.
  roots: new Map([...placement.roots].map(([root, bytes]) => [root, 2 * bytes + 4096])),
});

const spotIn = ({ spots }: Placement, tensor: number): Spot => {
  const spot = spots.get(tensor);
  if (spot === undefined) throw new Error(`t${tensor} has no place`);
  return spot;
};

/** With other operations in the place of one. */
const instead = (placement: Placement, at: number, ...others: readonly PlacedOperation[]): Spoilt<Placement> =>
  at < 0 ? null : { data: { ...placement, operations: replaced(placement.operations, at, ...others) } };

const placeCorruptions: readonly Corruption[] = [
  of('place', 'inside', 'a tensor that begins inside an atom', (placement) => {
    const [tensor, spot] = [...placement.spots][0] ?? [];
    if (tensor === undefined || spot === undefined) return null;
    return { data: moved(placement, tensor, { ...spot, offset: spot.offset + 1 }) };
  }),
  of('place', 'inside', 'a memory that is too small', (placement) => ({
    data: { ...placement, roots: new Map([...placement.roots].map(([root]) => [root, 8])) },
  })),
  of('place', 'inside', 'a memory that is none', (placement) => ({ data: { ...placement, roots: new Map() } })),
  of('place', 'solid', 'the operand of a fused ADD with gaps between its rows', (placement) => {
    const conv = placement.operations.find((op) => op.kind === 'conv' && op.residual !== null);
    if (conv?.kind !== 'conv' || conv.residual === null || conv.geometry.outputHeight === 1) return null;
    const { operand } = conv.residual;
    const spot = spotIn(placement, operand);
    return {
      data: moved(placement, operand, { ...spot, cube: { ...spot.cube, lineBytes: spot.cube.lineBytes + 16 } }),
    };
  }),
  of('place', 'solid', 'values for each channel with gaps between them', (placement) => {
    const pair = placement.operations.find((op) => op.kind === 'pair' && op.stages.ew?.perChannel === true);
    if (pair?.kind !== 'pair') return null;
    const spot = spotIn(placement, pair.inputs[1]);
    if (spot.cube.channels <= 16 || placement.constants.has(spot.root)) return null;
    return {
      data: moved(placement, pair.inputs[1], {
        ...spot,
        cube: { ...spot.cube, surfaceBytes: spot.cube.surfaceBytes + 16 },
      }),
    };
  }),
  of('place', 'apart', 'a result that is written an atom behind its operand', (placement) => {
    const found = placement.operations.find(({ kind, output }) => {
      const { height, width } = spotIn(placement, output).cube;
      return kind === 'scale' && height * width > 1;
    });
    if (found === undefined) return null;
    const from = spotIn(placement, operandsOf(found)[0] ?? -1);
    if (placement.constants.has(from.root)) return null;
    return { data: moved(placement, found.output, { ...from, offset: from.offset + 16 }) };
  }),
  of(
    'place',
    'values',
    'an operand in the memory of the other',
    (placement) => {
      const found = placement.operations.find((op) => {
        const [first, second] = operandsOf(op).map((tensor) => spotIn(placement, tensor));
        return (
          op.kind !== 'conv' &&
          first !== undefined &&
          second !== undefined &&
          first.root !== second.root &&
          first.cube.height * first.cube.width === second.cube.height * second.cube.width
        );
      });
      const [first, second] = found === undefined ? [] : operandsOf(found);
      if (first === undefined || second === undefined) return null;
      return { data: moved(placement, second, spotIn(placement, first)) };
    },
    ['apart'],
  ),
  of('place', 'values', 'the first operation is left out', (placement) => instead(placement, 0)),
  of('place', 'values', 'the last operation is left out', (placement) =>
    instead(placement, placement.operations.length - 1),
  ),
  of('place', 'values', 'an operation comes behind the one that reads its result', (placement) => {
    const { operations } = placement;
    const at = operations.findIndex(({ output }, i) => operandsOf(operations[i + 1] ?? copy(-1)).includes(output));
    const [one, other] = [operations[at], operations[at + 1]];
    if (one === undefined || other === undefined) return null;
    return { data: { ...placement, operations: replaced(replaced(operations, at), at, other, one) } };
  }),
  of('place', 'values', 'a convolution of another plane', (placement) => {
    const at = placement.operations.findIndex((op) => op.kind === 'conv' && op.geometry.padTop > 0);
    const conv = placement.operations[at];
    if (conv?.kind !== 'conv') return null;
    return instead(placement, at, { ...conv, geometry: { ...conv.geometry, padTop: conv.geometry.padTop - 1 } });
  }),
  of(
    'place',
    'values',
    'lanes behind the last channel fall on a tensor that is still read',
    (placement, _, part) => {
      // The input of a depthwise convolution stands where that writes its lanes, and is read again behind it.
      const at = placement.operations.findIndex((op) => {
        if (op.kind !== 'conv' || !op.depthwise) return false;
        const [from, to] = [spotIn(placement, op.input), spotIn(placement, op.output)];
        return from.root !== to.root && to.cube.channels <= 16 && !part.outputs.includes(op.input);
      });
      const conv = placement.operations[at];
      if (conv?.kind !== 'conv') return null;
      const [from, to] = [spotIn(placement, conv.input), spotIn(placement, conv.output)];
      if (from.cube.surfaceBytes !== to.cube.surfaceBytes || placement.constants.has(from.root)) return null;
      const there = moved(placement, conv.output, {
        ...to,
        root: from.root,
        offset: from.cube.surfaceBytes * from.cube.surfaces,
      });
      return { data: moved(there, conv.input, { ...from, offset: from.cube.surfaceBytes * (from.cube.surfaces + 1) }) };
    },
    ['apart'],
  ),
];

type ConvStep = Extract<Step, { operation: { kind: 'conv' } }>;
const isConv = (step: Step): step is ConvStep => step.operation.kind === 'conv';

/** Changes the tiles of the first convolution that can be changed. */
const convTiles = (
  rule: string,
  title: string,
  change: (tiles: readonly ConvTile[], step: ConvStep) => readonly ConvTile[] | null,
  also: readonly string[] = [],
): Corruption =>
  of(
    'tile',
    rule,
    title,
    (data) => {
      for (const [i, step] of data.steps.entries()) {
        if (!isConv(step)) continue;
        const tiles = change(step.tiles, step);
        if (tiles !== null) return { data: { ...data, steps: replaced(data.steps, i, { ...step, tiles }) } };
      }
      return null;
    },
    also,
  );

const elementwiseTiles = (
  rule: string,
  title: string,
  change: (tiles: readonly ElementwiseTile[]) => readonly ElementwiseTile[] | null,
): Corruption =>
  of('tile', rule, title, (data) => {
    for (const [i, step] of data.steps.entries()) {
      if (isConv(step) || isHostStep(step)) continue;
      const tiles = change(step.tiles as readonly ElementwiseTile[]);
      if (tiles !== null) return { data: { ...data, steps: replaced(data.steps, i, { ...step, tiles } as Step) } };
    }
    return null;
  });

const first = <T>(tiles: readonly T[], change: (tile: T) => object): readonly T[] =>
  tiles.map((tile, i) => (i === 0 ? { ...tile, ...change(tile) } : tile));

const tileCorruptions: readonly Corruption[] = [
  convTiles('cover', 'a tile is left out', (tiles) => tiles.slice(1)),
  convTiles('cover', 'a tile comes twice', (tiles) => [...tiles, ...tiles.slice(-1)]),
  convTiles('cover', 'a row less', (tiles) => first(tiles, ({ outputRows }) => ({ outputRows: outputRows - 1 }))),
  convTiles('cover', 'a column behind the last', (tiles) =>
    first(tiles, ({ outputColumns }) => ({ outputColumns: outputColumns + 1 })),
  ),
  convTiles('cover', 'a channel less', (tiles) => tiles.map((tile) => ({ ...tile, channels: tile.channels - 1 }))),
  elementwiseTiles('cover', 'a tile is left out', (tiles) => tiles.slice(1)),
  elementwiseTiles('cover', 'a tile comes twice', (tiles) => [...tiles, ...tiles.slice(-1)]),
  elementwiseTiles('cover', 'an output that begins an atom later', (tiles) =>
    first(tiles, ({ output }) => ({ output: { ...output, start: output.start + 16 } })),
  ),
  elementwiseTiles('cover', 'a gap between rows', (tiles) =>
    tiles[0] === undefined || tiles[0].rows === 1 ? null : first(tiles, ({ notch }) => ({ notch: notch + 1 })),
  ),
  convTiles('windows', 'rows that begin later', (tiles) =>
    first(tiles, ({ inputRow, inputRows }) => ({ inputRow: inputRow + 1, inputRows: inputRows - 1 })),
  ),
  convTiles('windows', 'a row less', (tiles, { operation: { geometry: g } }) =>
    g.kernelHeight > 1 && g.apart === undefined && g.padTop === 0 && g.outputHeight * g.strideY <= g.inputHeight
      ? first(tiles, ({ inputRows }) => ({ inputRows: inputRows - g.kernelHeight }))
      : null,
  ),
  convTiles('windows', 'padding that is not there', (tiles) =>
    first(tiles, ({ padLeft }) => ({ padLeft: padLeft + 1 })),
  ),
  convTiles('windows', 'rows behind the last', (tiles, { operation: { geometry: g } }) =>
    first(tiles, ({ inputRow }) => ({ inputRows: g.inputHeight - inputRow + 1 })),
  ),
  elementwiseTiles('windows', 'an operand that begins behind its end', (tiles) =>
    (tiles[0]?.columns ?? 1) * (tiles[0]?.rows ?? 1) === 1
      ? null
      : first(tiles, ({ operands }) => ({
          operands: operands.map((place) => ({ ...place, start: place.start + 64 * place.surfaceBytes })),
        })),
  ),
  convTiles('banks', 'more banks than there are', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, weights: banks.weights + 1 } })),
  ),
  convTiles('banks', 'features that have no bank', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, data: 1 } })),
  ),
  convTiles('banks', 'weights that no task before left', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, weightReuse: true } })),
  ),
  convTiles(
    'banks',
    'weights that were never whole in their banks',
    (tiles, step) =>
      step.operation.weights.length > 40_000 && tiles[0] !== undefined
        ? [0, 1].map((half) => {
            const { banks, ...tile } = tiles[0] as ConvTile;
            return { ...tile, banks: { ...banks, data: 11, weights: 1, weightReuse: half === 1 } };
          })
        : null,
    ['cover'],
  ),
];

const scheduleCorruptions: readonly Corruption[] = [
  of('schedule', 'once', 'an operation that no job has', ({ jobs, host }) => ({
    data: { jobs: replaced(jobs, 0, { core: 0, operations: jobs[0]?.operations.slice(1) ?? [] }), host },
  })),
  of('schedule', 'once', 'the last operation is left out', ({ jobs, host }) => {
    const last = jobs.at(-1);
    if (last === undefined || host.some(({ beforeJob }) => beforeJob === jobs.length)) return null;
    return { data: { jobs: [...jobs.slice(0, -1), { ...last, operations: last.operations.slice(0, -1) }], host } };
  }),
  of('schedule', 'once', 'an operation twice', ({ jobs, host }) => ({
    data: { jobs: replaced(jobs, 0, { core: 0, operations: [0, ...(jobs[0]?.operations ?? [])] }), host },
  })),
  of('schedule', 'once', 'two operations that change places', ({ jobs, host }) => {
    const at = jobs.findIndex(({ operations }) => operations.length > 1);
    const job = jobs[at];
    return job === undefined
      ? null
      : { data: { jobs: replaced(jobs, at, { ...job, operations: [...job.operations].reverse() }), host } };
  }),
  of('schedule', 'once', 'a step of the host behind the job that waits for it', ({ jobs, host }) => {
    const at = host.findIndex(({ beforeJob }) => beforeJob < jobs.length);
    const step = host[at];
    return step === undefined
      ? null
      : { data: { jobs, host: replaced(host, at, { ...step, beforeJob: jobs.length }) } };
  }),
  of('schedule', 'sides', 'a job without an operation', ({ jobs, host }) => ({
    data: { jobs: [...jobs, { core: 0, operations: [] }], host },
  })),
  of('schedule', 'sides', 'a step of the host in a job', ({ jobs, host }, { steps }) =>
    host.length === 0
      ? null
      : { data: { jobs: [{ core: 0, operations: [...steps.keys()] }], host: jobs.length > 9 ? host : [] } },
  ),
];

const allocateCorruptions: readonly Corruption[] = [
  of('allocate', 'alive', 'a memory that ends before its last reader', ({ lifetimes, arena }) => {
    const at = lifetimes.findIndex(({ from, to }) => to > from);
    const lifetime = lifetimes[at];
    if (lifetime === undefined) return null;
    return { data: { arena, lifetimes: replaced(lifetimes, at, { ...lifetime, to: lifetime.from }) } };
  }),
  of('allocate', 'alive', 'a memory that is never alive', ({ lifetimes, arena }) => ({
    data: { arena, lifetimes: lifetimes.slice(1) },
  })),
  of(
    'allocate',
    'alive',
    'results that end with the last operation',
    ({ lifetimes, arena }, { placement, steps }, part) => {
      const roots = new Set(part.outputs.map((tensor) => placement.spots.get(tensor)?.root));
      const shorter = lifetimes.map((one) => (roots.has(one.tensor) ? { ...one, to: steps.length - 1 } : one));
      return { data: { arena, lifetimes: shorter } };
    },
  ),
  of('allocate', 'apart', 'two memories that are alive at a time in one place', ({ lifetimes, arena }) => {
    for (const one of lifetimes) {
      const other = lifetimes.find(
        (rival) =>
          rival.tensor !== one.tensor && rival.memory === one.memory && rival.from <= one.to && one.from <= rival.to,
      );
      const place = other === undefined ? undefined : arena.places.get(other.tensor);
      if (place === undefined) continue;
      const bytes = { arena: 2 * arena.bytes.arena, io: 2 * arena.bytes.io };
      return { data: { lifetimes, arena: { bytes, places: new Map(arena.places).set(one.tensor, place) } } };
    }
    return null;
  }),
  of('allocate', 'apart', 'a memory that begins inside a burst', ({ lifetimes, arena }) => {
    const [tensor, place] = [...arena.places].find(([one]) => lifetimes.some((life) => life.tensor === one)) ?? [];
    if (tensor === undefined || place === undefined) return null;
    const places = new Map(arena.places).set(tensor, { ...place, offset: place.offset + 16 });
    return { data: { lifetimes, arena: { ...arena, places } } };
  }),
  of('allocate', 'apart', 'an arena that is too small', ({ lifetimes, arena }) => ({
    data: { lifetimes, arena: { ...arena, bytes: { arena: 0, io: 0 } } },
  })),
  of('allocate', 'apart', 'a memory without a place', ({ lifetimes, arena }) => {
    const places = new Map(arena.places);
    places.delete(lifetimes[0]?.tensor ?? -1);
    return { data: { lifetimes, arena: { ...arena, places } } };
  }),
  of('allocate', 'sides', 'an input in the arena', ({ lifetimes, arena }, { placement }, part) => {
    const root = placement.spots.get(part.inputs[0] ?? -1)?.root;
    const inside = [...placement.spots].filter(([, spot]) => spot.root === root).map(([tensor]) => tensor);
    const end = Math.ceil(arena.bytes.arena / 64) * 64;
    const places = new Map(arena.places);
    for (const tensor of inside) places.set(tensor, { memory: 'arena', offset: end });
    const own = lifetimes.map((one) => (one.tensor === root ? { ...one, memory: 'arena' as const } : one));
    return { data: { lifetimes: own, arena: { bytes: { ...arena.bytes, arena: end + 2 ** 30 }, places } } };
  }),
  of('allocate', 'sides', 'what the host reads in the arena', ({ lifetimes, arena }, { placement }, part) => {
    const host = placement.operations.find(
      (op) => op.kind === 'host' && !part.inputs.includes(op.input) && !part.outputs.includes(op.input),
    );
    const tensor = host?.kind === 'host' ? host.input : -1;
    if (tensor < 0 || placement.spots.get(tensor)?.root !== tensor) return null;
    if ([...part.inputs, ...part.outputs].some((one) => placement.spots.get(one)?.root === tensor)) return null;
    const end = Math.ceil(arena.bytes.arena / 64) * 64;
    const places = new Map(arena.places).set(tensor, { memory: 'arena', offset: end });
    return { data: { lifetimes, arena: { bytes: { ...arena.bytes, arena: end + 2 ** 30 }, places } } };
  }),
];

const tasked = (
  rule: string,
  title: string,
  change: (tasks: readonly EmittedTask[], told: Required<Told>) => readonly EmittedTask[] | null,
): Corruption =>
  of('emit', rule, title, ({ tasks, constants }, before) => {
    const others = change(tasks, before);
    return others === null ? null : { data: { tasks: others, constants } };
  });

const emitCorruptions: readonly Corruption[] = [
  tasked('tasks', 'a task is left out', (tasks, { steps }) => {
    const step = steps[tasks[0]?.operation ?? -1];
    return step !== undefined && !isHostStep(step) && step.stages.table === undefined ? tasks.slice(1) : null;
  }),
  tasked('tasks', 'a task comes three times', (tasks) => [...tasks.slice(0, 1), ...tasks.slice(0, 1), ...tasks]),
  tasked('tasks', 'the last operation comes first', (tasks) =>
    tasks[0]?.operation === tasks.at(-1)?.operation ? null : [...tasks.slice(-1), ...tasks.slice(0, -1)],
  ),
  tasked('even', 'a word less', (tasks) => first(tasks, ({ words }) => ({ words: words.slice(1) }))),
  tasked('addresses', 'an address behind the arena', (tasks, { arena }) =>
    first(tasks, (task) => ({
      words: task.words.map((word) =>
        word.address === null || word.address.bo === 'constants'
          ? word
          : { ...word, address: { ...word.address, offset: arena.bytes[word.address.bo] } },
      ),
    })),
  ),
  tasked('addresses', 'a task that writes into the memory of its input', (tasks, { steps, placement, arena }) => {
    const operation = steps[tasks[0]?.operation ?? -1]?.operation;
    if (operation === undefined) return null;
    const [from, to] = [operandsOf(operation)[0] ?? -1, operation.output].map(
      (one) => placement.spots.get(one)?.root ?? -1,
    );
    const place = arena.places.get(from ?? -1);
    if (from === to || place === undefined) return null;
    return first(tasks, (task) => {
      const written = destinationOf(task);
      return {
        words: task.words.map((word) =>
          word.address === written ? { ...word, address: { bo: place.memory, offset: place.offset } } : word,
        ),
      };
    });
  }),
];

const planCorruptions: readonly Corruption[] = [
  of('plan', 'reader', 'a byte that was changed', ({ bytes }) => {
    const others = bytes.slice();
    others[200] = (others[200] ?? 0) ^ 1;
    return { data: { bytes: others } };
  }),
];

export const corruptions: readonly Corruption[] = [
  ...operationCorruptions,
  ...placeCorruptions,
  ...tileCorruptions,
  ...scheduleCorruptions,
  ...allocateCorruptions,
  ...emitCorruptions,
  ...planCorruptions,
];
