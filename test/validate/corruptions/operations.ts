/** Lists of operations that break the rules of `validate/operation_rules.ts`. */
import { type Operation, operandsOf } from '../../../src/ir/operation.js';
import { copy, type Corruption, of, replaced } from './corruption.js';

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

export const operationCorruptions: readonly Corruption[] = [
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
  changed('numbers', 'a zero-point of a uint8 code', 'conv', () => ({ inputZeroPoint: 128 })),
  changed('numbers', 'a pad of a uint8 code', 'pad', () => ({ value: 128 })),
  changed('numbers', 'a range from below all codes', 'clamp', () => ({ range: [-129, 127] })),
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
  of('fuse', 'borders', 'a border of a tensor that others read', ({ operations }, _, part) => {
    const border = operations.find(({ kind }) => kind === 'border');
    if (border?.kind !== 'border') return null;
    const outside = border.side === 'input' ? border.input : border.output;
    const view = { kind: 'view', nodes: [0], output: 1e6, whole: outside, shape: [1, 1, 1] } as const;
    return part.inputs.concat(part.outputs).includes(outside)
      ? { data: { operations: [...operations, { ...view, channel: 0, first: 0, line: 1 }] } }
      : null;
  }),
  of(
    'fuse',
    'borders',
    'a border inside the part',
    ({ operations }, _, part) => {
      const move = operations.findIndex((op) => op.kind === 'move' && !part.inputs.includes(op.input));
      const found = operations[move];
      if (found?.kind !== 'move') return null;
      const border = { ...found, kind: 'border', side: 'input', layout: 'flat', input: found.input } as const;
      return { data: { operations: replaced(operations, move, border) } };
    },
    ['kept'],
  ),
  of('fuse', 'kinds', 'a copy before anything is placed', ({ operations }, _, part) => {
    const last = operations.findLast(({ kind, output }) => kind !== 'view' && !part.inputs.includes(output));
    return last === undefined ? null : { data: { operations: [...operations, copy(last.output)] } };
  }),
  of('fuse', 'kept', 'a constant is written', ({ operations }) => {
    const constant = operations.find(({ kind }) => kind === 'constant');
    return constant === undefined ? null : { data: { operations: [...operations, copy(constant.output)] } };
  }),
];
