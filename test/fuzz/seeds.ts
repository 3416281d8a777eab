/** `node --import tsx test/fuzz/seeds.ts`: inputs to start fuzzing from, into build/fuzz/corpus (scripts/fuzz.mjs). */
import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { type CompileOptions, compileTflite } from '../../src/compile.js';
import { facts } from '../../src/hardware/facts.js';
import { readTflite } from '../../src/tflite/reader.js';
import { refusedPart } from '../../src/partition/part_rules.js';
import { partsRun, plansRun, verdictsRun } from '../../src/plan/answer.js';
import { readPlan } from '../../src/plan/read.js';
import { frameHeader, replyMagic, requestMagic } from '../../src/wire/engine_protocol.js';
import { joined } from '../../src/wire/joined.js';
import { hostKernels } from '../../src/wire/plan_records.js';
import { recordBytes } from '../../src/wire/record.js';
import { goldenModels } from '../golden/models.js';
import { repository } from '../host/repository.js';
import { writeTflite } from '../host/tflite_writer.js';
import { resized, transposed } from '../ops/host_models.js';

const largest = 14_000;
const hostModels = [transposed, resized('RESIZE_BILINEAR')].flatMap((of) => fc.sample(of, { numRuns: 4, seed: 1 }));
const models = [...goldenModels.map(({ bytes }) => bytes), ...hostModels.map(({ spec }) => writeTflite(spec))];
/** Where it pays to share out everything. */
const onThree: CompileOptions = {
  trust: 'inferred',
  parts: 'all',
  cores: '3',
  machine: { megahertz: 1, exchangeMicroseconds: 1, interruptCpus: 3 },
};
const compiled = [
  ...models.map((bytes) => ({ bytes, model: compileTflite(bytes) })),
  ...goldenModels.map(({ bytes }) => ({ bytes, model: compileTflite(bytes, onThree) })),
];

const write = (target: string, inputs: readonly Uint8Array[]): void => {
  const folder = join(repository, 'build/fuzz/corpus', target);
  mkdirSync(folder, { recursive: true });
  const fit = inputs.filter(({ length }) => length < largest);
  for (const [i, input] of fit.entries()) writeFileSync(join(folder, `seed${i}`), input);
  console.log(`${target}: ${fit.length} of ${inputs.length} seeds`);
};

const plans = compiled.flatMap(({ model }) => model.parts.map(({ plan }) => plan));
write('plan', plans);
write(
  'file',
  compiled.map(({ bytes, model }) => planFile(readTflite(bytes).graph, model)),
);
write(
  'reply',
  compiled.map(({ model }, i) => {
    const refused = new Map([[1, { rule: 'a rule', text: 'a reason' }]]);
    const verdicts = verdictsRun([0, 1], i % 2 === 0 ? new Map() : refused);
    const request = partsRun(model.parts.map(({ nodes, inputs, outputs }) => ({ nodes, inputs, outputs })));
    const results = plansRun(
      model.parts.map((_, at) =>
        at === 0 ? new Uint8Array(16) : refusedPart([{ node: 1, rule: 'a rule', text: 'no' }]),
      ),
    );
    const head = Uint8Array.of(
      2,
      verdicts.length & 255,
      verdicts.length >> 8,
      request.length & 255,
      request.length >> 8,
    );
    return Uint8Array.from([...head, ...verdicts, ...request, ...results]);
  }),
);
const frame = (magic: number, kind: number, length: number, payload: number): Uint8Array =>
  joined([recordBytes(frameHeader, { magic, kind, length }), new Uint8Array(payload)]);
write('frames', [
  frame(replyMagic, 1, 20, 20),
  frame(replyMagic, 255, 12, 12),
  frame(replyMagic, 1, 70_000, 5_000),
  frame(replyMagic, 2, 0, 0),
  frame(replyMagic, 1, 2 ** 40, 4),
  frame(requestMagic, 1, 4, 4),
  frame(replyMagic, 1, 8, 8).slice(0, 12),
]);
write(
  'npu',
  plans.map((bytes, i) => {
    const { bos, tasks, relocations } = readPlan(bytes);
    // Those of the first core, if there are several.
    const words = (bos[2]?.bytes ?? new Uint8Array()).slice();
    const view = new DataView(words.buffer);
    // Where the fuzzer has its two memories.
    for (const { bo, word, targetBo, addend } of relocations)
      if (bo === 2) view.setUint32(8 * word + 2, (targetBo === 0 ? 0x30000 : 0x10000) + (addend % 0x4000), true);
    const streams = tasks
      .filter(({ regcmdBo }) => regcmdBo === 2)
      .map(({ regcmdOffset, words: count }) => words.subarray(regcmdOffset, regcmdOffset + 8 * count));
    return Uint8Array.from([...Uint8Array.of(i % 3, 0, 0), ...streams.flatMap((stream) => [...stream])]);
  }),
);
write(
  'table',
  plans.flatMap((bytes) => {
    const { bos, hosts, tensors } = readPlan(bytes);
    return hosts.map(({ kernel, input, output, tableBo, tableOffset, tableBytes }) => {
      const shapeOf = (tensor: number): readonly number[] =>
        tensors[tensor]?.shape.slice(1).map((dim) => dim - 1) ?? [];
      const table = bos[tableBo]?.bytes.subarray(tableOffset, tableOffset + tableBytes) ?? new Uint8Array();
      const code = hostKernels.of[kernel];
      const form = tensors[input]?.type === 'int8' ? 4 : 0;
      return Uint8Array.from([code, ...shapeOf(input), ...shapeOf(output), form, 0, 0, ...table]);
    });
  }),
);
const text = new TextEncoder();
write(
  'options',
  [
    'verbose=1\ntimeout=5\ncores=2',
    'device=software\nchip=rk3588\ntrust=seen\nparts=all\nprecision=best',
    'facts=a=b\nplan=x.plan\n-=1\nchip=rk3576',
    ...facts.map(({ name, values }) => `${name}=${values.at(-1) ?? ''},${name}=x`),
  ].map((one) => text.encode(one)),
);
