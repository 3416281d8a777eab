/**
 * The plan's bytes: header, nine sections of records, then the bytes of its BOs. `plan/write.ts` and `plan/read.ts` go by these
 * tables, `delegate/plan/plan.c` by the structs that `npm run generate` makes of them. What changes here changes the version.
 */
import { chars, codes, f32, i32, record, reserved, size64, u32, u64 } from './record.js';

export const planMagic = 'PTFEPLAN';
export const planVersion = 6;

/** Bounds that no model comes near, so that a file cannot ask for more work than its size explains. */
export const planBounds = {
  /** A number that names nothing. */
  none: 0xffffffff,
  mostTensors: 65536,
  mostNameBytes: 1024,
  /** Of a constant or command BO, behind the bytes that the file has. */
  mostFillerBytes: 64,
  /** Rows of a block, and channels of a tensor in blocks. */
  mostBlock: 64,
  mostBlockChannels: 4096,
  /** Jobs name BOs in masks of 64 bits. */
  maxBos: 64,
  /** Operations name facts in masks of 32 bits. */
  mostFacts: 32,
  /** Words that start a task; one that has no more is none. */
  tailWords: 4,
  /** Of the pattern by which a device sees that a job ran: the first atom that its last task writes. */
  proofBytes: 16,
} as const;

export const directions = codes(
  'plan_direction',
  'PLAN',
  'Whether the caller gives a feature map, takes it, or a step of the host reads or writes it (inside); a piece of the tensor before it.',
  {
    in: 0,
    out: 1,
    inside: 2,
    piece: 3,
  },
);

export const hostLayouts = codes(
  'plan_layout',
  'PLAN',
  "What TFLite's bytes are: NHWC of the cube's shape, NHWC of another shape with as many elements (flat), NCHW; no cube of its own, but pieces; NHWC of a picture whose blocks are the cube's pixels.",
  { nhwc: 0, flat: 1, nchw: 2, pieces: 3, blocks: 4 },
);

export const hostKernels = codes('plan_host_kernel', 'PLAN_HOST', "The host's kernels (plan/host_kernels.c).", {
  permute: 0,
  resize_fixed: 1,
  resize_float: 2,
  copy: 3,
});

export const boKinds = codes(
  'plan_bo_kind',
  'PLAN_BO',
  'Of a BO. io: what the host reads and writes, apart from the arena because the kernel driver syncs a whole BO.',
  { constants: 0, arena: 1, regcmd: 2, io: 3 },
);

export const planTensor = record(
  'plan_tensor',
  'A feature map in or out, or one that a step of the host reads or writes. Strides in bytes; `flip` is XORed into every ' +
    'byte, `pad_byte` fills lanes without a channel. A tensor in pieces is followed by these: each is a cube, whose first pixel ' +
    "stands at byte `start` of TFLite's tensor, and the next ones `step` bytes apart. In blocks, `n` to `c` are those of the picture: a " +
    'pixel of the cube holds the values of `block_size` rows and columns of it, row by row, and the first block begins `block_top` ' +
    'rows above the picture and `block_left` columns to its left, where `pad_byte` stands.',
  {
    tfliteIndex: u32,
    direction: u32,
    type: u32,
    n: u32,
    h: u32,
    w: u32,
    c: u32,
    scale: f32,
    zeroPoint: i32,
    layout: u32,
    bo: u32,
    offset: u32,
    lineBytes: u32,
    surfaceBytes: u32,
    flip: u32,
    padByte: u32,
    surfaces: u32,
    start: u32,
    step: u32,
    blockSize: u32,
    blockTop: u32,
    blockLeft: u32,
  },
);

export const planBo = record(
  'plan_bo',
  'Memory of the device, and where in the file its bytes are. `core`: in whose address space; nothing of a job is on another one.',
  {
    kind: u32,
    core: u32,
    size: size64,
    dataOffset: size64,
    dataBytes: size64,
  },
);

export const planRelocation = record(
  'plan_relocation',
  'Word `word` of the register commands in `bo`: its value becomes the address of `target_bo` plus `addend`.',
  { bo: u32, word: u32, targetBo: u32, addend: u32 },
);

export const planTask = record('plan_task', 'Register commands, in the order in which the NPU runs them.', {
  op: u32,
  regcmdBo: u32,
  regcmdOffset: u32,
  words: u32,
  cycles: u32,
  reserved: reserved(3),
});

export const planJob = record(
  'plan_job',
  'Tasks that are handed over together. `depends`: 0, or 1 + the job that must end before. The atom at `proof_offset` is ' +
    "written by the job's last task, and no other task of the job touches it.",
  {
    firstTask: u32,
    taskCount: u32,
    core: u32,
    depends: u32,
    inBos: u64,
    outBos: u64,
    proofBo: u32,
    proofOffset: u32,
  },
);

export const planOp = record('plan_op', 'What a node, or two that are fused, became.', {
  tfliteNode: u32,
  fusedNode: u32,
  nameOffset: u32,
  nameBytes: u32,
  macs: size64,
  firstTask: u32,
  taskCount: u32,
  facts: u32,
  mismatchPpm: u32,
  reserved: reserved(2),
});

export const planFact = record(
  'plan_fact',
  'The name of an inferred fact; operations say in a mask on which they rest.',
  {
    nameOffset: u32,
    nameBytes: u32,
  },
);

export const planHost = record(
  'plan_host',
  "A kernel of the host on two of the plan's tensors. It runs before job `before_job`, behind all where that is their count. " +
    'Jobs with no step between them run at the same time where they are of different cores.',
  {
    op: u32,
    beforeJob: u32,
    kernel: u32,
    input: u32,
    output: u32,
    tableBo: u32,
    tableOffset: u32,
    tableBytes: u32,
  },
);

/** The sections in the order of the file: bytes of a record. */
export const sectionSizes = {
  tensors: planTensor.size,
  bos: planBo.size,
  relocations: planRelocation.size,
  tasks: planTask.size,
  jobs: planJob.size,
  ops: planOp.size,
  facts: planFact.size,
  strings: 1,
  hosts: planHost.size,
} as const;

export type SectionName = keyof typeof sectionSizes;
export const sectionNames = Object.keys(sectionSizes) as readonly SectionName[];

export const planSection = record('plan_section', 'Where the records of a section are, and how many.', {
  offset: u32,
  count: u32,
});

export const planSections = record('plan_sections', 'In the order of the file, each 8-aligned.', {
  tensors: planSection,
  bos: planSection,
  relocations: planSection,
  tasks: planSection,
  jobs: planSection,
  ops: planSection,
  facts: planSection,
  strings: planSection,
  hosts: planSection,
} satisfies Readonly<Record<SectionName, typeof planSection>>);

export const planHeader = record(
  'plan_header',
  'The beginning of a plan. `checksum`: the first 8 bytes of SHA-256 of all from `chip` on. `numerics`: position in src/graph/numerics.ts.',
  {
    magic: chars(planMagic.length),
    version: u32,
    headerBytes: u32,
    fileBytes: size64,
    checksum: u64,
    chip: u32,
    cores: u32,
    engineVersion: chars(20),
    numerics: u32,
    sections: planSections,
  },
);

/** Where the checksum begins to count. */
export const checkedFrom = planHeader.offsets.chip;

export const planRecords = [
  planSection,
  planSections,
  planHeader,
  planTensor,
  planBo,
  planRelocation,
  planTask,
  planJob,
  planOp,
  planFact,
  planHost,
] as const;

export const planCodes = [directions, hostLayouts, hostKernels, boKinds] as const;
