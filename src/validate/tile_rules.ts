/** Tiles: together they are the operation, and each fits the chip. */
import { uint8At } from '../in_range.js';
import { entriesPerBank, rowEntries } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type ConvOperation, inputSteps } from '../ir/operation.js';
import type { Cube } from '../layout/cube.js';
import { kernelBytes, kernelCount } from '../layout/weights.js';
import type { Placement } from '../place/place.js';
import {
  type ConvTile,
  type ElementwiseTile,
  isHostStep,
  type Step,
  type TiledOperation,
  type TilePlace,
} from '../tile/task.js';
import { type Breach, breach, type Rule } from './rule.js';

export interface TileData {
  readonly chip: Chip;
  readonly placement: Placement;
  readonly steps: readonly Step[];
}

type TiledConvolution = Extract<TiledOperation, { operation: { kind: 'conv' } }>;
type TiledElementwise = Exclude<TiledOperation, TiledConvolution>;

const firstOf = (
  { steps }: TileData,
  conv: (tiled: TiledConvolution) => string | null,
  elementwise: (tiled: TiledElementwise) => string | null,
): Breach | null => {
  for (const step of steps) {
    if (isHostStep(step)) continue;
    const text = isConvolution(step) ? conv(step) : elementwise(step as TiledElementwise);
    if (text !== null) return breach(step.operation, text);
  }
  return null;
};
const isConvolution = (tiled: TiledOperation): tiled is TiledConvolution => tiled.operation.kind === 'conv';

/** Counts how often each place is met: all must be met once. */
const uncovered = (length: number, each: (meet: (place: number) => void) => void): string | null => {
  const met = new Uint8Array(length);
  let outside = 0;
  each((place) => {
    if (place >= 0 && place < length) met[place] = Math.min(2, uint8At(met, place) + 1);
    else outside++;
  });
  if (outside > 0) return `${outside} places outside the output`;
  const [none, twice] = [met.filter((count) => count === 0).length, met.filter((count) => count > 1).length];
  return none + twice === 0 ? null : `${none} places of the output are left out, ${twice} written twice`;
};

/** Places are pixels of each range of channels that tiles have. */
const convUncovered = ({ operation: { geometry: g }, tiles }: TiledConvolution): string | null => {
  const ranges = [...new Map(tiles.map(({ channel, channels }) => [channel, channels]))].sort(([a], [b]) => a - b);
  let end = 0;
  for (const [channel, channels] of ranges) {
    if (channel !== end)
      return `channels ${Math.min(end, channel)} to ${Math.max(end, channel) - 1} are no tile's, or of two`;
    end = channel + channels;
  }
  if (end !== g.outputChannels) return `tiles of ${end} channels of ${g.outputChannels}`;
  const area = g.outputHeight * g.outputWidth;
  return uncovered(ranges.length * area, (meet) => {
    for (const tile of tiles) {
      const own = ranges.findIndex(([channel]) => channel === tile.channel) * area;
      for (let row = tile.outputRow; row < tile.outputRow + tile.outputRows; row++)
        for (let column = tile.outputColumn; column < tile.outputColumn + tile.outputColumns; column++)
          meet(column < g.outputWidth && row < g.outputHeight ? own + row * g.outputWidth + column : -1);
    }
  });
};

/** Atoms of a cube by their bytes, as places in its plane; -1 where the cube has none. */
const placeOf = ({ atom, width, height, channels, lineBytes, surfaceBytes }: Cube) => {
  const live = Math.ceil(channels / atom);
  return (bytes: number): number => {
    // Rows of one surface may stand between those of another: the surface is the one whose plane has such a row and column.
    for (let surface = Math.min(live - 1, Math.floor(bytes / surfaceBytes)); surface >= 0; surface--) {
      const left = bytes - surface * surfaceBytes;
      const row = Math.min(height - 1, Math.floor(left / lineBytes));
      const column = (left - row * lineBytes) / atom;
      if (column < width && column >= 0) return (surface * height + row) * width + column;
      if (left > height * lineBytes) return -1;
    }
    return -1;
  };
};

/** Byte offsets of the atoms that a walk meets: rows in order, with a gap between them; then surfaces. */
const walk = (
  { start, surfaceBytes }: TilePlace,
  [surfaces, rows, columns]: readonly [number, number, number],
  gap: number,
  atom: number,
  meet: (bytes: number) => void,
): void => {
  for (let surface = 0; surface < surfaces; surface++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        meet(start + surface * surfaceBytes + (row * (columns + gap) + column) * atom);
};

const elementwiseUncovered = ({ operation, tiles }: TiledElementwise, { spots }: Placement): string | null => {
  const cube = spots.get(operation.output)?.cube;
  if (cube === undefined) return 'an output without a place';
  const { atom, height, width, channels } = cube;
  const place = placeOf(cube);
  return uncovered(Math.ceil(channels / atom) * height * width, (meet) => {
    for (const tile of tiles) {
      const surfaces = Math.ceil(tile.channels / atom);
      const size: readonly [number, number, number] =
        operation.kind === 'unpool' ? [2, tile.rows, 2 * tile.columns] : [surfaces, tile.rows, tile.columns];
      walk(tile.output, size, tile.notch, atom, (bytes) => {
        meet(place(bytes));
      });
    }
  });
};

interface Reach {
  readonly input: number;
  readonly inputs: number;
  readonly output: number;
  readonly outputs: number;
  readonly pad: number;
  readonly length: number;
  readonly stride: number;
  readonly span: number;
  readonly whole: number;
  readonly apart: number;
}

/** Whether what a tile reads along an axis is what its outputs take. */
const wrongWindow = (r: Reach): string | null => {
  const from = r.output * r.stride - r.whole;
  if (r.input * r.apart - r.pad !== from) return `from ${r.input} with padding ${r.pad} for outputs from ${r.output}`;
  const places = (r.length - 1) * r.apart + 1;
  // Windows that start behind the plane read nothing.
  const last = Math.min(r.output + r.outputs - 1, Math.floor((places - 1 + r.whole) / r.stride));
  const end = Math.ceil(Math.min(places, last * r.stride - r.whole + r.span) / r.apart);
  return r.input >= 0 && r.input + r.inputs <= r.length && r.input + r.inputs >= end
    ? null
    : `${r.input} to ${r.input + r.inputs - 1} of ${r.length}, which outputs take to ${end - 1}`;
};

const wrongWindows = (tile: ConvTile, { geometry: g }: ConvOperation): string | null => {
  const rows = wrongWindow({
    input: tile.inputRow,
    inputs: tile.inputRows,
    output: tile.outputRow,
    outputs: tile.outputRows,
    pad: tile.padTop,
    length: g.inputHeight,
    stride: g.strideY,
    span: (g.kernelHeight - 1) * g.dilationY + 1,
    whole: g.padTop,
    apart: inputSteps(g).y,
  });
  if (rows !== null) return `rows ${rows}`;
  const columns = wrongWindow({
    input: tile.inputColumn,
    inputs: tile.inputColumns,
    output: tile.outputColumn,
    outputs: tile.outputColumns,
    pad: tile.padLeft,
    length: g.inputWidth,
    stride: g.strideX,
    span: (g.kernelWidth - 1) * g.dilationX + 1,
    whole: g.padLeft,
    apart: inputSteps(g).x,
  });
  return columns === null ? null : `columns ${columns}`;
};

const wrongBanks = (chip: Chip, { operation, tiles }: TiledConvolution): string | null => {
  const { geometry: g, depthwise } = operation;
  for (const [i, tile] of tiles.entries()) {
    const { data, weights, weightReuse } = tile.banks;
    const channels = depthwise ? tile.channels : g.inputChannels;
    if (data + weights > chip.cbuf.banks) return `${data} banks and ${weights} of ${chip.cbuf.banks}`;
    const entries = rowEntries(chip, tile.inputColumns, channels) * tile.inputRows;
    const taken = Math.ceil(entries / entriesPerBank(chip)) + chip.cbuf.spareBanks;
    if (taken > data) return `${entries} entries of features, with what is kept free ${taken} banks, in ${data}`;
    if (!weightReuse) continue;
    const before = tiles[i - 1];
    const same =
      before?.channel === tile.channel && before.channels === tile.channels && before.banks.weights === weights;
    if (!same) return `tile ${i} keeps weights that the task before did not leave`;
    const bytes = kernelBytes(chip, operation, channels) * kernelCount(depthwise, tile.channels);
    if (bytes > weights * chip.cbuf.bankBytes) return `${bytes} bytes of weights are kept in ${weights} banks`;
  }
  return null;
};

const wrongReads = ({ operation, tiles }: TiledElementwise, { spots }: Placement): string | null => {
  const inputs = 'inputs' in operation ? operation.inputs : [operation.input];
  for (const [k, tensor] of inputs.entries()) {
    const cube = spots.get(tensor)?.cube;
    if (cube === undefined) return `t${tensor} without a place`;
    if (cube.height * cube.width === 1) continue;
    const place = placeOf(cube);
    let outside = 0;
    for (const tile of tiles as readonly ElementwiseTile[]) {
      const from = tile.operands[k];
      if (from === undefined) return `a tile that does not read t${tensor}`;
      walk(from, [Math.ceil(tile.channels / cube.atom), tile.rows, tile.columns], 0, cube.atom, (bytes) => {
        if (place(bytes) < 0) outside++;
      });
    }
    if (outside > 0) return `${outside} atoms outside t${tensor} are read`;
  }
  return null;
};

export const tileRules: readonly Rule<TileData>[] = [
  {
    name: 'cover',
    text: 'tiles write each place of the output once',
    broken: (data) => firstOf(data, convUncovered, (tiled) => elementwiseUncovered(tiled, data.placement)),
  },
  {
    name: 'windows',
    text: 'a tile reads what its outputs take of the input, and nothing outside it',
    broken: (data) =>
      firstOf(
        data,
        ({ operation, tiles }) =>
          tiles.map((tile) => wrongWindows(tile, operation)).find((text) => text !== null) ?? null,
        (tiled) => wrongReads(tiled, data.placement),
      ),
  },
  {
    name: 'banks',
    text: 'features and weights have room in their banks, and weights are kept only from the same task before',
    broken: (data) =>
      firstOf(
        data,
        (tiled) => wrongBanks(data.chip, tiled),
        () => null,
      ),
  },
];
