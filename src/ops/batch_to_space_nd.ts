/**
 * BATCH_TO_SPACE_ND over height and width: samples whose pixels take turns, and a copy of what the crops leave. Behind a
 * convolution it may be no task at all (`rewrite/dilated_convolution.ts`).
 */
import { areaTensor, buffer, moveArea, sampleArea, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { unseen } from './shared/common_rules.js';
import { interleave } from '../ir/build/interleave.js';
import type { Operation } from '../ir/operation.js';
import { formOf, type Known } from './shared/match.js';
import { blocksRule, fewSamples, movedMaps } from './shared/sample_blocks.js';
import { type OpDefinition, wrongShape } from './shared/rule.js';

/** Every sample of a block makes moves of its own. */
const largestBlock = 8;

const matcher = movedMaps
  .check(fewSamples('from'))
  .narrow(
    blocksRule(
      () => largestBlock,
      () => 'crops',
      ({ from: [samples, height, width, channels], to }, { block, before, after }) =>
        wrongShape(to, [
          samples / (block[0] * block[1]),
          height * block[0] - before[0] - after[0],
          width * block[1] - before[1] - after[1],
          channels,
        ]),
    ),
  )
  .check(unseen('a copy by the DPU alone'));

const merged = (
  { node, input, output, to: [samples], block, before, after }: Known<typeof matcher>,
  fresh: FreshIds,
): readonly Operation[] => {
  const nodes = [node.index];
  const [rows, columns] = block;
  const isCropped = [...before, ...after].some((crop) => crop > 0);
  return Array.from({ length: samples }, (_, sample): readonly Operation[] => {
    const operations: Operation[] = [];
    const planes = Array.from({ length: rows }, (__, row) =>
      Array.from({ length: columns }, (___, column) => {
        const { tensor, views } = areaTensor(
          sampleArea(input, (row * columns + column) * samples + sample),
          nodes,
          fresh,
        );
        operations.push(...views);
        return tensor;
      }),
    );
    const { shape } = sampleArea(input, 0);
    const target = sampleArea(output, sample);
    if (!isCropped) {
      const { tensor, views } = areaTensor(target, nodes, fresh);
      return [...operations, ...views, ...interleave(planes, shape, tensor, nodes, fresh)];
    }
    const whole: Plane = [shape[0] * rows, shape[1] * columns, shape[2]];
    const full = buffer(nodes, fresh.next(), whole);
    const left = { ...wholeArea(full.output, whole), shape: target.shape, first: before[0] * whole[1] + before[1] };
    return [
      ...operations,
      full,
      ...interleave(planes, shape, full.output, nodes, fresh),
      ...moveArea(left, target, nodes, fresh),
    ];
  }).flat();
};

export const batchToSpaceNd: OpDefinition = { op: 'BATCH_TO_SPACE_ND', ...formOf(matcher, merged) };
