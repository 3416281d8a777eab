/** `ptfe dump`: what stands between two stages of the compiler. */
import { createHash } from 'node:crypto';
import { stagesAfter } from '../explain/dump.js';
import { plainJson } from '../explain/plain_json.js';
import type { Digest } from '../explain/plan_text.js';
import { stageText } from '../explain/stage_text.js';
import { readPlan } from '../plan/read.js';
import { type Stage, type StageName, stageNames } from '../stages.js';
import { subgraphCount } from '../tflite/reader.js';
import {
  type CommandOptions,
  compileFlags,
  compileOptions,
  type Arguments,
  badUsage,
  onePositional,
  readArguments,
} from './arguments.js';
import { inFile, readBytes } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe dump MODEL.tflite --after STAGE [--graph N] [--trust seen] [--parts all] [--precision fastest|fast|best] [--numerics RELEASE]
               [--json]

Prints what a stage of the compiler hands to the next one, for each part: a line for an operation, a tensor or a task.
Tensors are t and TFLite's number, nodes # and TFLite's number. Stages, in their order:

  ${stageNames.join(' ')}

  --after STAGE     the stage
  --graph N         of the model's graphs, counted from 0 (default 0)
  --trust seen, --parts all, --precision fastest|fast|best, --numerics RELEASE,
  --clock MHZ, --cores 1|2|3|auto, --busy-cores N, --exchange US, --interrupt-cpu X, --interrupt-cpus N
                    as for ptfe check
  --json            all of it, and not only what people read; long arrays by length and digest
Exit codes: 0 success; 1 no part has such a stage; 2 usage or input error.
`;

const stageOption = ({ values }: Arguments): StageName => {
  const { after } = values;
  const stage = stageNames.find((name) => name === after);
  if (stage !== undefined) return stage;
  const given = after === undefined ? '--after STAGE is missing' : `--after ${after}: no such stage`;
  throw badUsage('dump', `${given} (stages: ${stageNames.join(', ')})`);
};

const graphOption = ({ values }: Arguments, count: number): number => {
  const { graph = '0' } = values;
  if (!/^\d+$/.test(graph) || Number(graph) >= count)
    throw badUsage('dump', `--graph ${graph}: the model has ${count} graphs, numbered from 0`);
  return Number(graph);
};

const digest: Digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** A plan as its fields: the bytes are a file's. */
const jsonOf = (stage: Stage): unknown => {
  const data = stage.stage === 'plan' ? readPlan(stage.data.bytes) : stage.data;
  return { ...(stage.part === null ? {} : { part: stage.part }), data: plainJson(data, digest) };
};

const taken = {
  after: { type: 'string' },
  graph: { type: 'string' },
  ...compileFlags,
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const dumpCommand: Subcommand = {
  name: 'dump',
  summary: 'what stands between two stages of the compiler',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('dump', args, taken);
    const model = onePositional('dump', parsed, 'model');
    const after = stageOption(parsed);
    const options = compileOptions('dump', parsed);
    const bytes = readBytes(model);
    const graph = graphOption(
      parsed,
      Math.max(
        1,
        inFile(model, () => subgraphCount(bytes)),
      ),
    );
    const stages = inFile(model, () => stagesAfter(bytes, options, graph, after));
    if (parsed.flags.has('json')) printJson(terminal, { model, graph, after, stages: stages.map(jsonOf) });
    else if (stages.length === 0) terminal.out(`${model}: the NPU takes no part of it (ptfe check says why)\n`);
    else terminal.out(stages.map((stage) => stageText(stage, digest)).join('\n'));
    return stages.length === 0 ? 1 : 0;
  },
};
