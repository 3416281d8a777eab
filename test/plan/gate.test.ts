import { expect } from 'chai';
import fc from 'fast-check';
import { type CompiledModel, compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { writePlan } from '../../src/plan/write.js';
import { loadAddon } from '../host/addon.js';
import { PlanBytes } from '../host/plan_bytes.js';
import { seededRandom } from '../host/random.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { goldenModels } from '../golden/models.js';
import { heads } from '../ops/head_models.js';
import { resized, transposed } from '../ops/host_models.js';

const planOf = ({ parts }: CompiledModel): Uint8Array => {
  const [part] = parts;
  if (part === undefined) throw new Error('the model has no part');
  return part.plan;
};
const goldenBytes = (name: string): Uint8Array => {
  const model = goldenModels.find((one) => one.name === name);
  if (model === undefined) throw new Error(`no golden model ${name}`);
  return model.bytes;
};
const golden = (name: string): Uint8Array => planOf(compileTflite(goldenBytes(name)));

/** Plans of random models until one is as wanted. */
const hostPlan = (models: typeof transposed, wanted: (plan: PlanBytes) => boolean): Uint8Array => {
  for (const model of fc.sample(models, { numRuns: 60, seed: 5 })) {
    const [part] = compileTflite(writeTflite(model.spec)).parts;
    if (part !== undefined && wanted(new PlanBytes(part.plan))) return part.plan;
  }
  throw new Error('no such model among these');
};

type Change = (plan: PlanBytes) => unknown;
type Case = readonly [what: string, change: Change, refusal: RegExp];

/** One plan for each refusal of the gate before a device (`delegate/plan/`), changed in one thing. */
describe('plan: the gate', function () {
  this.timeout(60_000);
  const addon = loadAddon();
  const [conv, add, tiles, fused] = [
    golden('conv_per_channel'),
    golden('add'),
    golden('tiles_rows'),
    golden('conv_add'),
  ];
  const permuted = hostPlan(transposed, (plan) => plan.count('hosts') > 0 && plan.get('hosts', 0, 'kernel') === 0);
  const spread = planOf(
    compileTflite(goldenBytes('conv_add_apart'), {
      trust: 'inferred',
      parts: 'all',
      cores: '3',
      machine: { megahertz: 1, exchangeMicroseconds: 1, interruptCpus: 3 },
    }),
  );
  const scaled = hostPlan(resized('RESIZE_BILINEAR'), (plan) => plan.count('hosts') > 0);

  /** Zeros of the sizes of a plan's inputs. */
  const zeros = (bytes: Uint8Array): readonly Uint8Array[] => {
    const plan = new PlanBytes(bytes);
    const size = (i: number): number =>
      plan.get('tensors', i, 'h') * plan.get('tensors', i, 'w') * plan.get('tensors', i, 'c');
    return plan.find('tensors', 'direction', 0).map((i) => new Uint8Array(size(i)));
  };
  /** What the gate says to a plan; null: it was taken. */
  const refusalOf = (bytes: Uint8Array, inputs: readonly Uint8Array[]): string | null => {
    if (typeof addon === 'string') throw new Error(addon);
    try {
      addon.planRun(bytes, inputs);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const table = (base: Uint8Array, cases: readonly Case[]) => () => {
    const inputs = zeros(base);
    expect(refusalOf(base, inputs), 'as it was compiled').to.equal(null);
    for (const [what, change, refusal] of cases) {
      const plan = new PlanBytes(base);
      change(plan);
      expect(refusalOf(plan.sealed(), inputs), what).to.match(refusal);
    }
  };
  before(function () {
    if (typeof addon !== 'string') return;
    return skip(this, addon);
  });

  const [arena, regcmd, io] = [1, 2, 3];
  const input = (plan: PlanBytes): number => plan.find('tensors', 'direction', 0)[0] ?? -1;
  const output = (plan: PlanBytes): number => plan.find('tensors', 'direction', 1)[0] ?? -1;

  it(
    'header and sections',
    table(conv, [
      ['magic', ({ header }) => header.setUint8(3, 0), /wrong magic/],
      ['version', ({ header }) => header.setUint32(8, 1, true), /version 1, not 6/],
      ['header bytes', ({ header }) => header.setUint32(12, 128, true), /a header of 128 bytes/],
      ['file bytes', ({ header }) => header.setUint32(16, 64, true), /bytes, not 64/],
      ['no cores', ({ header }) => header.setUint32(36, 0, true), /0 cores/],
      ['4 cores', ({ header }) => header.setUint32(36, 4, true), /4 cores/],
      ['another chip', ({ header }) => header.setUint32(32, 3576, true), /for chip RK3576, the device is an RK3588/],
      ['a section inside the header', (p) => p.setOffset('jobs', 128), /a section is not inside/],
      ['a section that is not aligned', (p) => p.setOffset('jobs', 140), /a section is not inside/],
      ['a section behind the end', (p) => p.setOffset('jobs', 0x7ffffff8), /a section is not inside/],
      ['records behind the end', (p) => p.setCount('relocations', 0x10000000), /a section is not inside/],
    ]),
  );
  it('length, checksum and alignment', () => {
    expect(refusalOf(conv.subarray(0, 64), [])).to.match(/64 bytes, shorter than its header/);
    const spoilt = conv.slice();
    spoilt[conv.length - 1] = 1 + (spoilt[conv.length - 1] ?? 0);
    expect(refusalOf(spoilt, [])).to.match(/wrong checksum/);
  });
  it(
    'buffers',
    table(conv, [
      ['none', (p) => p.setCount('bos', 0), /0 buffers/],
      ['65', (p) => p.setCount('bos', 65), /65 buffers/],
      ['kind', (p) => p.set('bos', 0, 'kind', 4), /buffer 0 is of kind 4/],
      ['empty', (p) => p.set('bos', arena, 'size', 0), /buffer 1 is empty or too large/],
      ['4 GiB', (p) => p.set('bos', arena, 'size', 0xffffffff), /buffer 1 is empty or too large/],
      ['more data than size', (p) => p.set('bos', 0, 'size', 8), /bytes of buffer 0 are not inside the file/],
      [
        'data behind the end',
        (p) => p.set('bos', 0, 'dataOffset', 0x7fffff00),
        /bytes of buffer 0 are not inside the file/,
      ],
      [
        'constants that are not aligned',
        (p) => p.set('bos', 0, 'dataOffset', p.get('bos', 0, 'dataOffset') - 4),
        /not aligned/,
      ],
      [
        'commands that are not aligned',
        (p) => p.set('bos', regcmd, 'dataOffset', p.get('bos', regcmd, 'dataOffset') - 4),
        /not aligned/,
      ],
      ['constants that the file lacks', (p) => p.set('bos', 0, 'size', 1 << 30), /the file has .* bytes of buffer 0/],
      [
        'bytes of two buffers',
        (p) => p.set('bos', regcmd, 'dataOffset', p.get('bos', 0, 'dataOffset')),
        /do not stand behind/,
      ],
    ]),
  );
  it('buffers of more than 4 GiB together', () => {
    const plan = new PlanBytes(conv);
    plan.set('bos', io, 'size', 0xf0000000).set('bos', arena, 'size', 0x0ff00000);
    expect(refusalOf(plan.sealed(), [])).to.match(/more than 4 GiB of buffers|buffer \d is empty or too large/);
  });
  it(
    'feature maps',
    table(conv, [
      ['direction', (p) => p.set('tensors', 0, 'direction', 4), /feature map 0: unknown form/],
      [
        'a piece of none',
        (p) => p.set('tensors', 0, 'direction', 3),
        /feature map 0 is a piece of no tensor|unknown form/,
      ],
      ['pixels apart', (p) => p.set('tensors', 0, 'step', 99), /feature map 0: its pixels are 99 bytes apart/],
      ['a start', (p) => p.set('tensors', 0, 'start', 1), /feature map 0: its pixels are/],
      ['layout', (p) => p.set('tensors', 0, 'layout', 5), /feature map 0: unknown form/],
      ['blocks of no size', (p) => p.set('tensors', 0, 'layout', 4), /feature map 0 is in blocks of 0 by 0/],
      [
        'blocks in no blocks',
        (p) => p.set('tensors', 0, 'blockTop', 1),
        /feature map 0 has blocks, and is not in them/,
      ],
      ['no pieces', (p) => p.set('tensors', 0, 'layout', 3), /feature map 0 has no pieces/],
      ['padding', (p) => p.set('tensors', 0, 'padByte', 256), /feature map 0: unknown form/],
      ['type', (p) => p.set('tensors', 0, 'type', 1), /feature map 0 is of type 1/],
      ['flip', (p) => p.set('tensors', 0, 'flip', 1), /flip 1/],
      ['a batch', (p) => p.set('tensors', 0, 'n', 2), /feature map 0: a dimension/],
      ['no height', (p) => p.set('tensors', 0, 'h', 0), /feature map 0: a dimension/],
      ['no width', (p) => p.set('tensors', 0, 'w', 0), /feature map 0: a dimension/],
      ['no channels', (p) => p.set('tensors', 0, 'c', 0), /feature map 0: a dimension/],
      ['among constants', (p) => p.set('tensors', 0, 'bo', 0), /feature map 0 is not where the host reads and writes/],
      ['in no buffer', (p) => p.set('tensors', 0, 'bo', 9), /feature map 0 is not where the host reads and writes/],
      ['surfaces', (p) => p.set('tensors', 0, 'surfaces', 9), /feature map 0: its surfaces/],
      ['lines overlap', (p) => p.set('tensors', 0, 'lineBytes', 16), /feature map 0: its strides overlap/],
      ['surfaces overlap', (p) => p.set('tensors', output(p), 'surfaceBytes', 16), /its strides overlap/],
      ['behind the end', (p) => p.set('tensors', 0, 'offset', 0x7ffffff0), /feature map 0 is not inside its buffer/],
      ['too high', (p) => p.set('tensors', 0, 'h', 1 << 24), /feature map 0/],
      ['too many', (p) => p.setCount('tensors', 65537), /a section is not inside|65537 feature maps/],
    ]),
  );
  it('pieces of a feature map', () => {
    const map = { height: 3, width: 3, anchors: 2 };
    const choice = { seed: 1, channels: 5, rank: 3, behind: [], oneScale: true } as const;
    const model = heads({ ...choice, type: 'int8', maps: [map, map] });
    const gathered = planOf(compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all' }));
    const [whole = -1] = new PlanBytes(gathered).find('tensors', 'direction', 1);
    const [first, second] = [whole + 1, whole + 2];
    table(gathered, [
      ['of another tensor', (p) => p.set('tensors', first, 'tfliteIndex', 99), /is a piece of another tensor/],
      ['of another type', (p) => p.set('tensors', first, 'type', 3), /is a piece of another tensor/],
      ['of a cube', (p) => p.set('tensors', whole, 'layout', 0), /its strides overlap/],
      [
        'in blocks, of an output',
        (p) => p.set('tensors', second, 'layout', 4).set('tensors', second, 'blockSize', 2),
        /is written in blocks|its surfaces|overlap/,
      ],
      ['of another layout', (p) => p.set('tensors', second, 'layout', 2), /unknown form/],
      ['that starts too late', (p) => p.set('tensors', second, 'start', 91), /reaches out of the tensor/],
      ['that starts far behind', (p) => p.set('tensors', second, 'start', 0xffffffff), /reaches out of the tensor/],
      ['with pixels too far apart', (p) => p.set('tensors', second, 'step', 11), /reaches out of the tensor/],
      ['with pixels too close', (p) => p.set('tensors', second, 'step', 9), /its pixels are 9 bytes apart/],
      ['too large', (p) => p.set('tensors', second, 'h', 0xffffffff), /reaches out|a dimension/],
      ['a whole that is larger', (p) => p.set('tensors', whole, 'w', 37), /are not all of it/],
      ['a whole that no cube is', (p) => p.set('tensors', whole, 'direction', 2), /unknown form/],
    ])();
  });
  it(
    'relocations',
    table(conv, [
      ['no command buffer', (p) => p.set('relocations', 0, 'bo', arena), /relocation 0 is not in register commands/],
      ['no such buffer', (p) => p.set('relocations', 0, 'bo', 77), /relocation 0 is not in register commands/],
      ['no such word', (p) => p.set('relocations', 0, 'word', 0xffffff), /relocation 0 is not in register commands/],
      ['into commands', (p) => p.set('relocations', 0, 'targetBo', regcmd), /relocation 0 points outside its buffer/],
      ['into no buffer', (p) => p.set('relocations', 0, 'targetBo', 64), /relocation 0 points outside its buffer/],
      [
        'behind the end',
        (p) => p.set('relocations', 0, 'addend', p.get('bos', p.get('relocations', 0, 'targetBo'), 'size')),
        /relocation \d points outside|not inside/,
      ],
      ['equal ones', (p) => p.set('relocations', 1, 'word', p.get('relocations', 0, 'word')), /not in order/],
      ['the later first', (p) => p.set('relocations', 0, 'word', p.get('relocations', 1, 'word') + 1), /not in order/],
      [
        'of a register without address',
        (p) => p.set('relocations', 0, 'word', 1),
        /holds no address, but is filled in/,
      ],
      [
        'of the tail',
        (p) => p.set('relocations', p.count('relocations') - 1, 'word', p.get('tasks', 0, 'words') - 1),
        /its end is relocated|holds an address/,
      ],
    ]),
  );
  it(
    'tasks and their words',
    table(tiles, [
      ['of no operation', (p) => p.set('tasks', 0, 'op', 99), /task 0 is not of operation 0|task 0 is of no operation/],
      [
        'of another operation',
        (p) => p.set('ops', 0, 'taskCount', p.get('ops', 0, 'taskCount') - 1),
        /tasks that no operation has/,
      ],
      ['in no command buffer', (p) => p.set('tasks', 0, 'regcmdBo', arena), /task 0 has no register commands/],
      ['not at 16 bytes', (p) => p.set('tasks', 0, 'regcmdOffset', 8), /words of task 0 are not inside/],
      ['a tail only', (p) => p.set('tasks', 0, 'words', 4), /words of task 0 are not inside/],
      ['more than a start takes', (p) => p.set('tasks', 0, 'words', 0x20002), /words of task 0 are not inside/],
      ['behind the end', (p) => p.set('tasks', 0, 'regcmdOffset', 0x100000), /words of task 0 are not inside/],
      ['words of two tasks', (p) => p.set('tasks', 1, 'regcmdOffset', 0), /words of task 1 do not stand behind/],
      [
        'words that share some',
        (p) => p.set('tasks', 1, 'regcmdOffset', p.get('tasks', 1, 'regcmdOffset') - 64),
        /words of task 1 do not stand behind/,
      ],
      [
        'no register',
        ({ header, ...p }) => header.setUint16(new PlanBytes(p.bytes).wordAt(0, 3), 0xfff0, true),
        /task 0 writes target/,
      ],
      ['an address of its own', (p) => unrelocated(p, 0x1000), /holds an address of its own/],
      ['reserved bits', (p) => p.setRegister(0, 'CNA', 'CONV_CON3', 0xffffffff), /reserved bits/],
      ['no start', (p) => p.header.setUint16(p.wordAt(0, -1) + 6, 0x81 ^ 1, true), /does not end with the four words/],
      ['no barrier', (p) => p.header.setUint16(p.wordAt(0, -2) + 6, 0, true), /does not end with the four words/],
      ['a link', (p) => p.header.setUint32(p.wordAt(0, -4) + 2, 0x10000, true), /does not end with the four words/],
      ['no amount', (p) => p.header.setUint16(p.wordAt(0, -3), 0, true), /does not end with the four words/],
    ]),
  );
  /** Takes the last relocation away and writes an address into its word. */
  const unrelocated = (p: PlanBytes, address: number): void => {
    const last = p.count('relocations') - 1;
    const at = p.get('bos', p.get('relocations', last, 'bo'), 'dataOffset') + 8 * p.get('relocations', last, 'word');
    p.header.setUint32(at + 2, address, true);
    p.setCount('relocations', last);
  };
  it(
    'jobs and operations',
    table(tiles, [
      ['not from the first task', (p) => p.set('jobs', 0, 'firstTask', 1), /the tasks of job 0/],
      ['no tasks', (p) => p.set('jobs', 0, 'taskCount', 0), /the tasks of job 0/],
      ['more tasks than there are', (p) => p.set('jobs', 0, 'taskCount', 9999), /the tasks of job 0/],
      ['not all tasks', (p) => p.set('jobs', 0, 'taskCount', 1), /tasks without a job/],
      ['a later job', (p) => p.set('jobs', 0, 'depends', 1), /job 0 waits for a later one/],
      ['no such core', (p) => p.set('jobs', 0, 'core', 1), /job 0 waits/],
      ['no such buffer', (p) => p.set('jobs', 0, 'inBos', 16), /job 0 names a buffer that is not there/],
      ['no such buffer written', (p) => p.set('jobs', 0, 'outBos', 16), /job 0 names a buffer that is not there/],
      ['a buffer that is input and output', (p) => p.set('jobs', 0, 'inBos', 9), /both input and output/],
      ['an output that is not one', (p) => p.set('jobs', 0, 'outBos', 0), /writes to a buffer that is not an output/],
      ['a proof in no buffer', (p) => p.set('jobs', 0, 'proofBo', 9), /the proof of job 0/],
      ['a proof in the arena', (p) => p.set('jobs', 0, 'proofBo', arena), /the proof of job 0/],
      ['half an atom as the proof', (p) => p.set('jobs', 0, 'proofOffset', 8), /the proof of job 0/],
      [
        'a proof that is not written',
        (p) => p.set('jobs', 0, 'proofOffset', p.get('jobs', 0, 'proofOffset') === 0 ? 16 : 0),
        /proof of job 0/,
      ],
      [
        'an odd number of words',
        (p) => p.set('tasks', 0, 'words', p.get('tasks', 0, 'words') - 1),
        /an odd number of words/,
      ],
      ['a name behind the strings', (p) => p.set('ops', 0, 'nameOffset', 0xffff), /a name is not inside the file/],
      ['a long name', (p) => p.set('ops', 0, 'nameBytes', 2000), /a name of 2000 bytes/],
      ['tasks that are not there', (p) => p.set('ops', 0, 'firstTask', 9999), /the tasks of operation 0/],
      ['no such fact', (p) => p.set('ops', 0, 'facts', 0x80000000), /the facts of operation 0/],
    ]),
  );
  it('a fact whose name is not there, and more facts than a mask has', () => {
    const plan = new PlanBytes(fused);
    if (plan.count('facts') > 0) {
      plan.set('facts', 0, 'nameOffset', 0xfffff);
      expect(refusalOf(plan.sealed(), [])).to.match(/a name is not inside the file/);
    }
    const many = new PlanBytes(fused).setCount('facts', 33);
    expect(refusalOf(many.sealed(), [])).to.match(/33 facts|a section is not inside/);
  });
  it(
    'several cores, each with memory of its own',
    table(spread, [
      ['a buffer of no core', (p) => p.set('bos', 0, 'core', 3), /buffer 0 is of core 3 of 3/],
      [
        "another core's constants",
        (p) => p.set('bos', 0, 'core', 1),
        /relocation \d+ points to another core's buffer|job 0 names a buffer of another core/,
      ],
      [
        "another core's buffer in a job",
        (p) => p.set('jobs', 0, 'inBos', (1 << p.count('bos')) - 1 - p.get('jobs', 0, 'outBos')),
        /job 0 names a buffer of another core/,
      ],
      ['a job of another core', (p) => p.set('jobs', 0, 'core', 1), /job 0 names a buffer of another core/],
      [
        "another core's proof",
        (p) => p.set('jobs', 0, 'proofBo', p.get('jobs', 1, 'proofBo')),
        /the proof of job 0 is another core's/,
      ],
      [
        'a copy to another size',
        (p) => p.set('tensors', p.get('hosts', 0, 'input'), 'w', 1),
        /host step 0: its table does not fit/,
      ],
      [
        'a copy with a table',
        (p) => p.set('hosts', 0, 'tableBytes', 4),
        /table (of host step 0 is not inside|does not fit)/,
      ],
    ]),
  );
  it(
    'steps of the host: permutations',
    table(permuted, [
      ['of no operation', (p) => p.set('hosts', 0, 'op', 99), /host step 0: unknown form/],
      ['no such kernel', (p) => p.set('hosts', 0, 'kernel', 4), /host step 0: unknown form/],
      ['behind all jobs', (p) => p.set('hosts', 0, 'beforeJob', p.count('jobs') + 1), /host step 0 is out of order/],
      ['of an input', (p) => p.set('hosts', 0, 'input', input(p)), /the feature maps of host step 0/],
      ['of an output', (p) => p.set('hosts', 0, 'output', output(p)), /the feature maps of host step 0/],
      ['of no feature map', (p) => p.set('hosts', 0, 'input', 99), /the feature maps of host step 0/],
      ['of two types', (p) => otherType(p, p.get('hosts', 0, 'input')), /the feature maps of host step 0/],
      ['a table in the arena', (p) => p.set('hosts', 0, 'tableBo', arena), /the table of host step 0/],
      [
        'a table that is not aligned',
        (p) => p.set('hosts', 0, 'tableOffset', p.get('hosts', 0, 'tableOffset') + 2),
        /table of host step 0 is not inside/,
      ],
      [
        'a table behind the end',
        (p) => p.set('hosts', 0, 'tableOffset', 0x7ffffffc),
        /table of host step 0 is not inside/,
      ],
      ['a table too short', (p) => p.set('hosts', 0, 'tableBytes', 44), /host step 0: its table does not fit/],
      [
        'a stride beyond the input',
        (p) => p.header.setUint32(tableAt(p) + 4 * 11, 1 << 24, true),
        /its table does not fit/,
      ],
      ['a dimension of 0', (p) => p.header.setUint32(tableAt(p), 0, true), /its table does not fit/],
      ['more than the output', (p) => p.header.setUint32(tableAt(p), 0xffffffff, true), /its table does not fit/],
    ]),
  );
  it(
    'steps of the host: resizes',
    table(scaled, [
      ['a row beyond the input', (p) => p.header.setUint32(tableAt(p), 0xffff, true), /its table does not fit/],
      ['a second row beyond it', (p) => p.header.setUint32(tableAt(p) + 4, 0xffff, true), /its table does not fit/],
      ['a weight', (p) => p.header.setUint32(tableAt(p) + 8, 0x7fc00000, true), /its table does not fit/],
      [
        'a table of another length',
        (p) => p.set('hosts', 0, 'tableBytes', p.get('hosts', 0, 'tableBytes') - 12),
        /its table does not fit/,
      ],
      ['a permutation', (p) => p.set('hosts', 0, 'kernel', 0), /its table does not fit/],
    ]),
  );
  const tableAt = (p: PlanBytes): number =>
    p.get('bos', p.get('hosts', 0, 'tableBo'), 'dataOffset') + p.get('hosts', 0, 'tableOffset');
  const otherType = (p: PlanBytes, tensor: number): unknown =>
    p.get('tensors', tensor, 'type') === 3
      ? p.set('tensors', tensor, 'type', 9).set('tensors', tensor, 'flip', 0)
      : p.set('tensors', tensor, 'type', 3).set('tensors', tensor, 'flip', 0x80);

  /** Moves what a register addresses to the last bytes of its buffer, so that the access leaves it. */
  const toTheEnd =
    (block: 'CNA' | 'DPU' | 'DPU_RDMA', name: string, room = 16): Change =>
    (p) => {
      const relocation = p.relocation(0, block, name);
      const { size } = { size: p.get('bos', p.get('relocations', relocation, 'targetBo'), 'size') };
      p.set('relocations', relocation, 'addend', Math.floor((size - room) / 16) * 16);
    };
  const outside = (what: string): RegExp =>
    new RegExp(
      `\\(node \\d+\\), task 0: ${what} .* bytes \\d+ to \\d+ of buffer \\d, which has \\d+: that is not inside one buffer`,
    );
  it(
    'accesses of a convolution',
    table(conv, [
      ['features', toTheEnd('CNA', 'FEATURE_DATA_ADDR'), outside('CNA FEATURE_DATA_ADDR')],
      ['weights', toTheEnd('CNA', 'DCOMP_ADDR0'), outside('CNA DCOMP_ADDR0')],
      ['operands of BS', toTheEnd('DPU_RDMA', 'RDMA_BS_BASE_ADDR'), outside('DPU_RDMA RDMA_BS_BASE_ADDR')],
      ['operands of BN', toTheEnd('DPU_RDMA', 'RDMA_BN_BASE_ADDR'), outside('DPU_RDMA RDMA_BN_BASE_ADDR')],
      ['output', toTheEnd('DPU', 'DST_BASE_ADDR'), outside('DPU DST_BASE_ADDR')],
      [
        'output into constants',
        (p) => p.set('relocations', p.relocation(0, 'DPU', 'DST_BASE_ADDR'), 'targetBo', 0),
        /DPU DST_BASE_ADDR/,
      ],
      [
        'weights in the arena',
        (p) =>
          p
            .set('bos', arena, 'size', 1 << 20)
            .set('relocations', p.relocation(0, 'CNA', 'DCOMP_ADDR0'), 'targetBo', 1)
            .set('relocations', p.relocation(0, 'CNA', 'DCOMP_ADDR0'), 'addend', 1 << 19),
        /weights in a buffer that tasks write/,
      ],
      ['a longer line', (p) => p.setRegister(0, 'CNA', 'DMA_CON1', 0x0fffffff), /task 0: CNA/],
      ['a farther surface', (p) => p.setRegister(0, 'CNA', 'DMA_CON2', 0x03ffffff), outside('CNA FEATURE_DATA_ADDR')],
      [
        'more surfaces out',
        (p) => p.setRegister(0, 'DPU', 'DST_SURF_STRIDE', 0x0ffffff0).setRegister(0, 'DPU', 'SURFACE_ADD', 0x1fffffe0),
        outside('DPU DST_BASE_ADDR'),
      ],
      [
        'surfaces that overlap',
        (p) => p.setRegister(0, 'DPU', 'DST_SURF_STRIDE', 16).setRegister(0, 'DPU', 'SURFACE_ADD', 32),
        /DST_SURF_STRIDE .* surfaces overlap/,
      ],
      ['rows with gaps', (p) => p.setRegister(0, 'DPU', 'DATA_CUBE_NOTCH_ADDR', 0x03ff03ff), /task 0: DPU DST_/],
      ['an address of nothing', (p) => unrelocated(p, 0), /which is not inside one buffer|0x00000000/],
    ]),
  );
  it(
    'accesses of an elementwise task',
    table(add, [
      ['main input', toTheEnd('DPU_RDMA', 'RDMA_SRC_BASE_ADDR'), outside('DPU_RDMA RDMA_SRC_BASE_ADDR')],
      ['operand', toTheEnd('DPU_RDMA', 'RDMA_EW_BASE_ADDR'), outside('DPU_RDMA RDMA_EW_BASE_ADDR')],
      ['output', toTheEnd('DPU', 'DST_BASE_ADDR'), outside('DPU DST_BASE_ADDR')],
    ]),
  );
  it(
    'accesses of a convolution with a fused ADD',
    table(fused, [
      [
        'even surfaces of the operand',
        toTheEnd('DPU_RDMA', 'RDMA_SRC_BASE_ADDR'),
        outside('DPU_RDMA RDMA_SRC_BASE_ADDR'),
      ],
      ['odd surfaces of the operand', toTheEnd('DPU_RDMA', 'RDMA_EW_BASE_ADDR'), outside('DPU_RDMA RDMA_EW_BASE_ADDR')],
    ]),
  );
  it('room for the largest step of the host, not for the last', () => {
    const large = readPlan(permuted);
    const [step] = large.hosts;
    const [constants, memory] = large.bos;
    const given = large.tensors[step?.input ?? -1];
    if (step === undefined || given === undefined || constants === undefined || memory === undefined)
      throw new Error('the plan has a step of the host');
    const cells = new Uint8Array(Uint32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0).buffer);
    const table = constants.bytes.length;
    const bytes = new Uint8Array(table + cells.length);
    bytes.set(constants.bytes);
    bytes.set(cells, table);
    const cell = {
      ...given,
      shape: [1, 1, 1, 1] as const,
      step: 1,
      offset: memory.size,
      lineBytes: 16,
      surfaceBytes: 16,
      surfaces: 1,
    };
    const small = {
      ...step,
      input: large.tensors.length,
      output: large.tensors.length + 1,
      tableOffset: table,
      tableBytes: 48,
    };
    const both = writePlan({
      ...large,
      tensors: [...large.tensors, cell, cell],
      bos: [{ ...constants, size: bytes.length, bytes }, { ...memory, size: memory.size + 64 }, ...large.bos.slice(2)],
      hosts: [...large.hosts, { ...small, beforeJob: large.hosts.at(-1)?.beforeJob ?? 0 }],
    });
    if (typeof addon === 'string') throw new Error(addon);
    const random = seededRandom(3);
    const inputs = zeros(permuted).map((zero) => zero.map(() => random.integer(0, 255)));
    for (let round = 0; round < 20; round++)
      expect(addon.planRun(both, inputs)).to.deep.equal(addon.planRun(permuted, inputs));
  });
  it('a register of a started block that the task leaves to an earlier one', () => {
    const blocks = ['CNA', 'CORE', 'DPU', 'DPU_RDMA'] as const;
    const left = { CNA: 'DATA_SIZE0', CORE: 'MISC_CFG', DPU: 'DATA_CUBE_WIDTH', DPU_RDMA: 'RDMA_DATA_CUBE_WIDTH' };
    for (const block of blocks) {
      const plan = new PlanBytes(tiles);
      // The word writes CNA's PAD_CON0 a second time instead.
      const [from, at] = [plan.registerWord(1, 'CNA', 'PAD_CON0'), plan.registerWord(1, block, left[block])];
      plan.bytes.copyWithin(plan.wordAt(1, at), plan.wordAt(1, from), plan.wordAt(1, from) + 8);
      expect(refusalOf(plan.sealed(), []), block).to.match(
        new RegExp(
          `${block} (RDMA_)?${left[block].replace('RDMA_', '')} is not written by the task that starts the block`,
        ),
      );
    }
  });
});
