/** A part on several cores: the stages that the search finds, compiled as programs, and one plan of all where it pays. */
import { bordersOf, conflictsOf } from './borders.js';
import { programsOf, type Program } from './cores/programs.js';
import { searchStages } from './cores/search.js';
import { surveyOf } from './cores/survey.js';
import type { PartEstimate } from './cost/estimate.js';
import { cubeBytes } from './cost/estimate.js';
import { type SeveralEstimate, severalEstimate } from './cost/several.js';
import { foldStems } from './fuse/fold_stem.js';
import { isDebugging } from './debug.js';
import type { Graph, Part } from './graph/graph.js';
import { type Hardware, machineOf } from './hardware/machine.js';
import type { ConvOperation, Operation } from './ir/operation.js';
import { stagesOf } from './ir/operation_stages.js';
import { partInPieces, piecesOf } from './ir/pieces.js';
import { place } from './place/place.js';
import { type Joined, joinPlans } from './plan/join.js';
import type { Plan } from './plan/format.js';
import { compileProgram, type CompiledProgram } from './program.js';
import type { Rewritten } from './rewrite/index.js';
import type { Observe } from './stages.js';
import { validating } from './validate/index.js';
import type { SentOptions } from './wire/sent_options.js';

export type CoreChoice = SentOptions['cores'];

/** Less than this is below what the estimate can tell. */
const leastGain = 0.03;

interface LoweredPart {
  readonly graph: Graph;
  readonly ends: Part;
  readonly operations: readonly Operation[];
  readonly layouts: Rewritten['layouts'];
}

const unobserved: Observe = () => undefined;

/** Orders of TFLite's own tensors; between programs a tensor is a cube. */
const outerLayouts = (layouts: Rewritten['layouts'], part: Part): Rewritten['layouts'] => {
  const outer = new Set([...part.inputs, ...part.outputs]);
  return new Map([...layouts].filter(([tensor]) => outer.has(tensor)));
};

const compiled = (
  hardware: Hardware,
  { graph, part, operations }: Program,
  layouts: Rewritten['layouts'],
): CompiledProgram | null => {
  const { chip } = hardware;
  const folded = foldStems(chip, graph, part, operations, layouts);
  const observe = isDebugging() ? validating(chip, unobserved) : unobserved;
  observe({ stage: 'rewrite', part, data: { graph, layouts, orders: new Map() } });
  observe({ stage: 'fuse', part, data: { operations: folded } });
  const ends = partInPieces(part, operations);
  const placement = place(chip, graph, ends, folded);
  observe({ stage: 'place', part, data: placement });
  const pieces = piecesOf(operations);
  const conflicts = conflictsOf(part, placement.borders, pieces, layouts);
  if (placement.missing !== null || placement.operations.length === 0 || conflicts.length > 0) return null;
  const borders = bordersOf(part, placement.borders, layouts);
  const found = compileProgram(hardware, { graph, part, ends, placement, pieces, borders, watched: null }, observe);
  return 'refusals' in found ? null : found;
};

/** Bytes that the CPU copies before each stage. */
const copiedBytes = (part: Part, programs: readonly (Program & CompiledProgram)[], stages: number) =>
  Array.from({ length: stages }, (_, stage) =>
    programs
      .filter((program) => program.stage === stage)
      .flatMap((program) =>
        program.part.inputs
          .filter((tensor) => !part.inputs.includes(tensor))
          .map((tensor) => program.cubes.get(tensor)),
      )
      .reduce((bytes, cube) => bytes + (cube === undefined ? 0 : cubeBytes(cube)), 0),
  );

/** @returns null where there is none, or one core is as quick and nobody insists */
export const onSeveralCores = (
  hardware: Hardware,
  lowered: LoweredPart,
  part: Part,
  alone: PartEstimate,
  choice: CoreChoice,
): { readonly plan: Plan; readonly estimate: PartEstimate & { readonly several: SeveralEstimate } } | null => {
  const { chip } = hardware;
  const cores = choice === 'auto' ? chip.cores : Math.min(Number(choice), chip.cores);
  const layouts = outerLayouts(lowered.layouts, part);
  const fixed = new Set([...layouts].filter(([, layout]) => layout !== 'flat').map(([tensor]) => tensor));
  const survey = surveyOf(lowered.graph, lowered.ends, lowered.operations, fixed);
  const found = searchStages(hardware, survey, cores);
  if (found === null || (choice === 'auto' && found.cost > alone.total)) return null;
  const settings = (one: ConvOperation) => stagesOf(one, hardware.trust);
  const programs = programsOf(survey, settings, lowered.graph, part, found.stages);
  if (programs === null) return null;
  const whole: (Program & CompiledProgram)[] = [];
  for (const program of programs) {
    const busy = programs.filter(({ stage }) => stage === program.stage).length;
    const own = compiled({ ...hardware, machine: { ...hardware.machine, cores: busy } }, program, layouts);
    if (own === null) return null;
    whole.push({ ...program, ...own });
  }
  const [given, wanted] = [new Set(part.inputs), new Set([...part.outputs, ...lowered.ends.outputs])];
  const several = severalEstimate(
    machineOf(chip, hardware.machine),
    whole.map(({ stage, core, estimate, cubes, part: own, operations }) => {
      const ends = partInPieces(own, operations);
      const cubesOf = (tensors: readonly number[], outer: ReadonlySet<number>) =>
        tensors.filter((tensor) => outer.has(tensor)).flatMap((tensor) => cubes.get(tensor) ?? []);
      return { stage, core, estimate, inputs: cubesOf(ends.inputs, given), outputs: cubesOf(ends.outputs, wanted) };
    }),
    copiedBytes(part, whole, found.stages.length),
    alone.total,
  );
  if (choice === 'auto' && several.total > alone.total * (1 - leastGain)) return null;
  const joined: readonly Joined[] = whole;
  const plan = joinPlans(chip, part, survey.planeOf, joined);
  return plan === null ? null : { plan, estimate: { ...alone, total: several.total, several } };
};
