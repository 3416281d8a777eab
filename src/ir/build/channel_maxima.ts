/** The largest, or smallest, code of each pixel: the first half of the channels against the last half, until one is left. Exact. */
import type { Chip } from '../../hardware/chips.js';
import { extremeStages } from '../../requantize/add_stages.js';
import { type Area, areaTensor, buffer, moveArea, pickArea, type Plane, type FreshIds, wholeArea } from './arrange.js';
import type { Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';
import type { Extreme } from './maxima.js';

/** The channels from `channel` on as a tensor: a part of the memory where they begin an atom, else picked from it. */
const channelsFrom = (
  chip: Chip,
  map: Area,
  channel: number,
  channels: number,
  nodes: readonly NodeId[],
  fresh: FreshIds,
) => {
  const [height, width] = map.plane;
  const part: Area = { ...map, shape: [height, width, channels], channel };
  if (channel % chip.atoms.channels === 0) {
    const { tensor, views } = areaTensor(part, nodes, fresh);
    return { tensor, operations: views };
  }
  const picked = buffer(nodes, fresh.next(), part.shape);
  const operations = pickArea(chip, part, wholeArea(picked.output, part.shape), nodes, fresh);
  return { tensor: picked.output, operations: [picked, ...operations] };
};

/** @param output an area of one channel */
export const channelExtremes = (
  extreme: Extreme,
  chip: Chip,
  input: TensorId,
  plane: Plane,
  output: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const [height, width] = plane;
  const operations: Operation[] = [];
  let map = wholeArea(input, plane);
  while (map.plane[2] > 1) {
    const channels = map.plane[2];
    const half = Math.ceil(channels / 2);
    const first = channelsFrom(chip, map, 0, half, nodes, fresh);
    const last = channelsFrom(chip, map, channels - half, half, nodes, fresh);
    const larger = buffer(nodes, fresh.next(), [height, width, half]);
    operations.push(...first.operations, ...last.operations, larger, {
      kind: 'pair',
      nodes,
      inputs: [first.tensor, last.tensor],
      output: larger.output,
      stages: extremeStages(extreme),
    });
    map = wholeArea(larger.output, [height, width, half]);
  }
  return [...operations, ...moveArea({ ...map, shape: output.shape, line: output.shape[1] }, output, nodes, fresh)];
};
