/** `ptfe compare`: every layer on the software NPU against TFLite's reference kernels. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { PtfeError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { type ComparedLayer, compareLayers, isCompared, type Layer } from '../explain/compare.js';
import { plural } from '../explain/plural.js';
import { newestNumerics, numericsOfVersion } from '../graph/numerics.js';
import {
  type CommandOptions,
  badUsage,
  numericsOption,
  partsOption,
  precisionOption,
  readArguments,
  trustOption,
} from './arguments.js';
import { answerWhole } from './compare_whole.js';
import { readBytes, readModel } from './files.js';
import { loadAddon, referenceProgram } from './installation.js';
import { findPython } from './python.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe compare MODEL [INPUT ...] [--limit COUNTS] [--share PERCENT] [--trust seen] [--precision fastest|fast|best] [--numerics RELEASE] [--python PYTHON] [--json]
       ptfe compare MODEL [INPUT ...] --whole [--keep-all] [--parts worthwhile] [--limit COUNTS] [--share PERCENT] [...]

Runs the model in TFLite (reference kernels), and each node that the NPU takes on the software NPU with TFLite's own
input: how many values are equal, the largest difference, the first layer that differs.
With --whole the plans of the whole model, from TFLite's own values at the inputs of each part: every tensor that has memory
in the plan, when it is made and again before its last reader. Differences add up there: a tensor may be off by 1 LSB for
each op that rounds before it, and by more where a scale makes more of an LSB.

  INPUT             a picture, a .npy file or the bytes of an input; noise from a fixed seed where it is absent
  --whole           whole parts, tensor by tensor, instead of each node by itself
  --keep-all        with --whole: nothing fused and no memory shared or used twice, so that every tensor can be compared
  --parts PARTS     with --whole: all (default), or worthwhile: only those that cost less than they save
  --limit COUNTS    the largest difference that is accepted (default 1; with --whole for each op)
  --share PERCENT   values that may differ, over all layers (default 0.1; with --whole any)
  --trust seen      only register words seen on silicon or in a shipped driver
  --precision NAME  fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes
  --numerics RELEASE
                    whose TFLite's numbers: tflite-2.14, litert-2.3, litert-2.4 (default auto: those of the runtime)
  --python PYTHON   a Python with ai-edge-litert, tensorflow or tflite_runtime (default PTFE_PYTHON, else the first of the active
                    environment, .venv, python3 that has one)
  --json            the answer as JSON
Exit codes: 0 within the limits; 1 not; 2 usage or input error.
`;

const mostBytes = 2 ** 31 - 1;
const longestReason = 200;
const reasonOf = (stderr: string): string => {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? 'Python says nothing' : line.slice(0, longestReason);
};

interface Header {
  readonly runtime: string;
  readonly version: string;
  readonly tensors: readonly { readonly index: number; readonly bytes: number }[];
}

interface Reference {
  readonly runtime: string;
  /** Empty where the package has none. */
  readonly version: string;
  readonly tensors: ReadonlyMap<number, Uint8Array>;
}

/** @throws PtfeError where Python, a runtime or TFLite itself refuses */
const runReference = (python: string, model: string, inputs: readonly string[]): Reference => {
  const args = [referenceProgram, model, ...inputs.map((path) => resolve(path))];
  const { status, stdout, stderr, error } = spawnSync(python, args, { maxBuffer: mostBytes });
  if (error !== undefined) throw new PtfeError('no-file', python, error.message, 'name a Python with --python');
  if (status !== 0) throw new PtfeError('bad-model', model, reasonOf(stderr.toString()));
  const header = JSON.parse(stdout.toString('utf8', 4, 4 + stdout.readUInt32LE(0))) as Header;
  let at = 4 + stdout.readUInt32LE(0);
  const tensors = header.tensors.map(({ index, bytes }) => {
    at += bytes;
    return [index, Uint8Array.from(stdout.subarray(at - bytes, at))] as const;
  });
  return { runtime: header.runtime.split('.')[0] ?? '', version: header.version, tensors: new Map(tensors) };
};

const percent = (part: number, whole: number): string => `${(whole === 0 ? 100 : (100 * part) / whole).toFixed(4)} %`;

const layerLine = (layer: Layer): string => {
  const name = `  #${String(layer.node).padEnd(4)} ${layer.op.padEnd(24)}`;
  if (layer.on === 'CPU') return `${name} CPU  ${layer.reason}`;
  if ('left' in layer) return `${name} ${layer.on.padEnd(4)} not compared: ${layer.left}`;
  return 'within' in layer
    ? `${name} ${layer.on.padEnd(4)} computed with #${layer.within}`
    : `${name} ${layer.on.padEnd(4)} ${percent(layer.values - layer.differing, layer.values).padStart(10)} equal of ${String(layer.values).padStart(8)}` +
        (layer.largest > 0 ? `, up to ${layer.largest}` : '');
};

const numberOption = (values: Readonly<Record<string, string>>, name: string, preset: number): number => {
  const value = values[name] === undefined ? preset : Number(values[name]);
  if (!(value >= 0)) throw badUsage('compare', `--${name} takes a number from 0`);
  return value;
};

const taken = {
  json: { type: 'boolean' },
  whole: { type: 'boolean' },
  'keep-all': { type: 'boolean' },
  parts: { type: 'string' },
  limit: { type: 'string' },
  share: { type: 'string' },
  trust: { type: 'string' },
  precision: { type: 'string' },
  numerics: { type: 'string' },
  python: { type: 'string' },
} as const satisfies CommandOptions;

export const compareCommand: Subcommand = {
  name: 'compare',
  summary: "every layer on the software NPU against TFLite's reference kernels",
  usage,
  options: taken,
  run: (args, terminal) => {
    const given = readArguments('compare', args, taken);
    const [model, ...inputs] = given.positionals;
    if (model === undefined) throw badUsage('compare', 'no model given');
    const limit = numberOption(given.values, 'limit', 1);
    const share = numberOption(given.values, 'share', 0.1);
    const options = { trust: trustOption('compare', given), precision: precisionOption('compare', given) };
    const whole = given.flags.has('whole');
    if (!whole && (given.flags.has('keep-all') || given.values['parts'] !== undefined))
      throw badUsage('compare', '--keep-all and --parts go with --whole');
    const parts = given.values['parts'] === undefined ? 'all' : partsOption('compare', given);
    const asked = numericsOption('compare', given);
    const read = readModel(model);
    for (const path of inputs) if (!existsSync(path)) throw new PtfeError('no-file', path, 'there is no such file');
    const addon = loadAddon();
    const python = findPython(given.values['python'], process.env);
    const { runtime, version, tensors } = runReference(python, model, inputs);
    const numerics = asked ?? numericsOfVersion(runtime, version) ?? newestNumerics;
    const graph: Graph = { ...read.graph, numerics };
    if (whole)
      return answerWhole(terminal, addon, {
        model,
        bytes: readBytes(model),
        graph,
        options: { ...options, parts, numerics },
        keepAll: given.flags.has('keep-all'),
        limit,
        share: given.values['share'] === undefined ? null : share,
        json: given.flags.has('json'),
        runtime,
        tensors,
      });
    const layers = compareLayers(graph, options, tensors, (plan, pictures) => addon.planRun(plan, pictures));
    const compared = layers.filter(isCompared);
    const sum = (of: (layer: ComparedLayer) => number): number => compared.reduce((all, one) => all + of(one), 0);
    const [values, differing] = [sum((layer) => layer.values), sum((layer) => layer.differing)];
    const largest = Math.max(0, ...compared.map((layer) => layer.largest));
    const first = compared.find((layer) => layer.differing > 0)?.node ?? null;
    const good = largest <= limit && 100 * differing <= share * values;
    if (given.flags.has('json'))
      printJson(terminal, {
        model,
        runtime,
        numerics,
        good,
        values,
        differing,
        largest,
        firstThatDiffers: first,
        layers,
      });
    else {
      terminal.out(`${model}, against ${runtime}'s reference kernels, with the numbers of ${numerics}\n`);
      for (const layer of layers) terminal.out(`${layerLine(layer)}\n`);
      terminal.out(
        `${compared.length} of ${plural(layers.length, 'node')} compared: ${percent(values - differing, values)} of ${values} values equal, ` +
          `largest difference ${largest}${first === null ? '' : `, first at #${first}`}\n`,
      );
      if (runtime === 'tflite_runtime')
        terminal.out(
          'tflite_runtime lets ADD overwrite its operand: such layers are not compared (use ai-edge-litert)\n',
        );
    }
    return good ? 0 : 1;
  },
};
