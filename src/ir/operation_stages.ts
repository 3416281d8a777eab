/** The DPU stages of an operation: which technique of `quantize/` serves it. */
import { addStages, clampStages } from '../requantize/add_stages.js';
import { unshown } from '../hardware/facts.js';
import { convStages, seenConvStages } from '../requantize/conv_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import { copyStages, unpoolStages } from '../requantize/copy_stages.js';
import { fusedAddStages } from '../requantize/fused_add_stages.js';
import { stageFacts } from '../requantize/stage_facts.js';
import type { Stages } from '../requantize/stages.js';
import { namingNode, type TaskOperation } from './operation.js';
import type { Trust } from '../hardware/fact.js';

const must = (stages: Stages | null, operation: TaskOperation): Stages => {
  if (stages === null)
    throw new Error(`${operation.kind} of node ${namingNode(operation)}: no stages, against its rules`);
  return stages;
};

/** With trust=seen: one rounding of OUT_CVT where it keeps within 1 LSB, else the usual form where all of it was shown. */
export const shownConvStages = (numbers: ConvNumbers): Stages | null => {
  const seen = seenConvStages(numbers);
  if (seen !== null) return seen;
  const usual = convStages(numbers);
  return unshown(stageFacts(usual)).length === 0 ? usual : null;
};

/** Strips of an operation have its numbers, and searches of factors take long. */
const known = new WeakMap<object, Map<string, Stages>>();

/** @param numbers what the stages follow from, beside `more` */
const once = (numbers: object, more: string, find: () => Stages): Stages => {
  const found = known.get(numbers) ?? new Map<string, Stages>();
  known.set(numbers, found);
  const stages = found.get(more) ?? find();
  found.set(more, stages);
  return stages;
};

export const stagesOf = (operation: TaskOperation, trust: Trust): Stages => {
  switch (operation.kind) {
    case 'conv':
      if (operation.stages !== null) return operation.stages;
      if (operation.residual !== null)
        return must(fusedAddStages(operation.numbers, operation.residual.numbers), operation);
      return once(operation.numbers, trust, () =>
        trust === 'seen' ? must(shownConvStages(operation.numbers), operation) : convStages(operation.numbers),
      );
    case 'add':
      return once(operation.numbers, '', () => must(addStages(operation.numbers), operation));
    case 'clamp':
      return clampStages(...operation.range);
    case 'scale':
    case 'pair':
      return operation.stages;
    case 'copy':
      return copyStages;
    case 'unpool':
      return unpoolStages;
  }
};
