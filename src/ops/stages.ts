/** The DPU stages of an operation: which technique of `quantize/` serves it. */
import { addStages, clampStages } from '../quantize/add_stages.js';
import { convStages, seenConvStages } from '../quantize/conv_stages.js';
import { fusedAddStages } from '../quantize/fused_add_stages.js';
import type { Stages } from '../quantize/stages.js';
import type { TaskOperation } from './operation.js';
import type { Trust } from './rule.js';

const must = (stages: Stages | null, operation: TaskOperation): Stages => {
  if (stages === null)
    throw new Error(`${operation.kind} of node ${operation.nodes[0] ?? -1}: no stages, against its rules`);
  return stages;
};

export const stagesOf = (operation: TaskOperation, trust: Trust): Stages => {
  switch (operation.kind) {
    case 'conv':
      if (operation.stages !== null) return operation.stages;
      if (operation.residual !== null)
        return must(fusedAddStages(operation.numbers, operation.residual.numbers), operation);
      return trust === 'seen' ? must(seenConvStages(operation.numbers), operation) : convStages(operation.numbers);
    case 'add':
      return must(addStages(operation.numbers), operation);
    case 'clamp':
      return clampStages(...operation.range);
    case 'scale':
    case 'pair':
      return operation.stages;
  }
};
