/** What the commands of `ptfe` do, as functions on bytes: the same in Node and in browsers. */
import { type CompiledModel, type CompileOptions, compileTflite, defaultOptions } from '../compile.js';
import { type CheckedGraph, checkedModel } from '../explain/check_model.js';
import { disassemble as listingOf } from '../explain/disassemble.js';
import { listingText } from '../explain/listing_text.js';
import { programOfPlan } from '../explain/plan_program.js';
import { readPlan } from '../plan/read.js';
import { readTflite } from '../tflite/reader.js';
import { planMagic } from '../wire/plan_records.js';
import { planFileMagic } from '../wire/plan_file_header.js';
import { type ModelReport, reportModel } from '../report/model_report.js';
import { planFile as fileOf, plansOfFile } from '../cli/plan_file.js';

/** What a user of the package may say; what is left out is as in the delegate. */
export type Options = Partial<Omit<CompileOptions, 'hosted'>>;

const full = (options: Options): CompileOptions => ({ ...defaultOptions, ...options });

/**
 * What of a model runs where.
 *
 * @param model bytes of a .tflite file
 * @returns for each graph of the model, the one that interpreters run first: each node with `npu`, `host` (a C kernel inside of
 * a part) or `cpu`, the rule that keeps it from the NPU, and what to change in the model
 * @throws PtfeError `bad-model` for a damaged file, `bad-option` for an option that does not exist
 */
export const check = (model: Uint8Array, options: Options = {}): readonly CheckedGraph[] =>
  checkedModel(model, full(options));

/**
 * The parts of a model that the NPU takes, each with its plan, and why the other nodes are refused.
 *
 * @throws PtfeError as `check`
 */
export const compile = (model: Uint8Array, options: Options = {}): CompiledModel => compileTflite(model, full(options));

/**
 * The bytes that `ptfe compile` writes: for the delegate's option `plan`, for C programs, and for `Model.open`.
 *
 * @throws PtfeError as `check`
 */
export const planFile = (model: Uint8Array, options: Options = {}): Uint8Array =>
  fileOf(readTflite(model, 0, options.numerics).graph, compile(model, options));

const startsWith = (bytes: Uint8Array, magic: string): boolean =>
  new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) === magic;

const plansOf = (bytes: Uint8Array, options: Options): readonly Uint8Array[] => {
  if (startsWith(bytes, planMagic)) return [bytes];
  if (startsWith(bytes, planFileMagic)) return plansOfFile(bytes);
  return compile(bytes, options).parts.map(({ plan }) => plan);
};

/**
 * Register programs as `ptfe disasm` lists them.
 *
 * @param bytes of a model, which is compiled, of a plan file, or of one plan
 * @param options.all every register, not only those that change from task to task
 * @returns a text for each part
 * @throws PtfeError `bad-plan` or `bad-model` for damaged bytes
 */
export const disassemble = (
  bytes: Uint8Array,
  { all = false, ...options }: Options & { readonly all?: boolean } = {},
): readonly string[] =>
  plansOf(bytes, options).map((plan, i, { length }) =>
    listingText(listingOf(programOfPlan(readPlan(plan), `part ${i} of ${length}`), { all }), all),
  );

/**
 * What `ptfe report --json` prints of a model: for each op where it runs and why, multiply-accumulates, bytes by stream, cycles,
 * microseconds, bound and utilisation; for each part its timeline, memory and jobs; what to change in the model.
 *
 * @param options.name of the model, for titles
 * @throws PtfeError as `check`
 */
export const report = (
  model: Uint8Array,
  { name = 'model', ...options }: Options & { readonly name?: string } = {},
): ModelReport => reportModel(model, full(options), name);
