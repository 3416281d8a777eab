/** Tiles that break the rules of `validate/tile_rules.ts`. */
import { type ConvTile, type ElementwiseTile, isHostStep, type Step } from '../../../src/tile/task.js';
import { type Corruption, first, of, replaced } from './corruption.js';

type ConvStep = Extract<Step, { operation: { kind: 'conv' } }>;
const isConv = (step: Step): step is ConvStep => step.operation.kind === 'conv';

/** Changes the tiles of the first convolution that can be changed. */
const convTiles = (
  rule: string,
  title: string,
  change: (tiles: readonly ConvTile[], step: ConvStep) => readonly ConvTile[] | null,
  also: readonly string[] = [],
): Corruption =>
  of(
    'tile',
    rule,
    title,
    (data) => {
      for (const [i, step] of data.steps.entries()) {
        if (!isConv(step)) continue;
        const tiles = change(step.tiles, step);
        if (tiles !== null) return { data: { ...data, steps: replaced(data.steps, i, { ...step, tiles }) } };
      }
      return null;
    },
    also,
  );

const elementwiseTiles = (
  rule: string,
  title: string,
  change: (tiles: readonly ElementwiseTile[]) => readonly ElementwiseTile[] | null,
): Corruption =>
  of('tile', rule, title, (data) => {
    for (const [i, step] of data.steps.entries()) {
      if (isConv(step) || isHostStep(step)) continue;
      const tiles = change(step.tiles as readonly ElementwiseTile[]);
      if (tiles !== null) return { data: { ...data, steps: replaced(data.steps, i, { ...step, tiles } as Step) } };
    }
    return null;
  });

export const tileCorruptions: readonly Corruption[] = [
  convTiles('cover', 'a tile is left out', (tiles) => tiles.slice(1)),
  convTiles('cover', 'a tile comes twice', (tiles) => [...tiles, ...tiles.slice(-1)]),
  convTiles('cover', 'a row less', (tiles) => first(tiles, ({ outputRows }) => ({ outputRows: outputRows - 1 }))),
  convTiles('cover', 'a column behind the last', (tiles) =>
    first(tiles, ({ outputColumns }) => ({ outputColumns: outputColumns + 1 })),
  ),
  convTiles('cover', 'a channel less', (tiles) => tiles.map((tile) => ({ ...tile, channels: tile.channels - 1 }))),
  elementwiseTiles('cover', 'a tile is left out', (tiles) => tiles.slice(1)),
  elementwiseTiles('cover', 'a tile comes twice', (tiles) => [...tiles, ...tiles.slice(-1)]),
  elementwiseTiles('cover', 'an output that begins an atom later', (tiles) =>
    first(tiles, ({ output }) => ({ output: { ...output, start: output.start + 16 } })),
  ),
  elementwiseTiles('cover', 'a gap between rows', (tiles) =>
    tiles[0] === undefined || tiles[0].rows === 1 ? null : first(tiles, ({ notch }) => ({ notch: notch + 1 })),
  ),
  convTiles('windows', 'rows that begin later', (tiles) =>
    first(tiles, ({ inputRow, inputRows }) => ({ inputRow: inputRow + 1, inputRows: inputRows - 1 })),
  ),
  convTiles('windows', 'a row less', (tiles, { operation: { geometry: g } }) =>
    g.kernelHeight > 1 && g.apart === undefined && g.padTop === 0 && g.outputHeight * g.strideY <= g.inputHeight
      ? first(tiles, ({ inputRows }) => ({ inputRows: inputRows - g.kernelHeight }))
      : null,
  ),
  convTiles('windows', 'padding that is not there', (tiles) =>
    first(tiles, ({ padLeft }) => ({ padLeft: padLeft + 1 })),
  ),
  convTiles('windows', 'rows behind the last', (tiles, { operation: { geometry: g } }) =>
    first(tiles, ({ inputRow }) => ({ inputRows: g.inputHeight - inputRow + 1 })),
  ),
  elementwiseTiles('windows', 'an operand that begins behind its end', (tiles) =>
    (tiles[0]?.columns ?? 1) * (tiles[0]?.rows ?? 1) === 1
      ? null
      : first(tiles, ({ operands }) => ({
          operands: operands.map((place) => ({ ...place, start: place.start + 64 * place.surfaceBytes })),
        })),
  ),
  elementwiseTiles('windows', 'an operand that begins an atom later', (tiles) =>
    tiles.length > 1 || (tiles[0]?.columns ?? 1) * (tiles[0]?.rows ?? 1) === 1
      ? null
      : first(tiles, ({ operands }) => ({
          operands: operands.map((place) => ({ ...place, start: place.start + 16 })),
        })),
  ),
  convTiles('banks', 'more banks than there are', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, weights: banks.weights + 1 } })),
  ),
  convTiles('banks', 'features that have no bank', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, data: 1 } })),
  ),
  convTiles('banks', 'weights that no task before left', (tiles) =>
    first(tiles, ({ banks }) => ({ banks: { ...banks, weightReuse: true } })),
  ),
  convTiles(
    'banks',
    'weights that were never whole in their banks',
    (tiles, step) =>
      step.operation.weights.length > 40_000 && tiles[0] !== undefined
        ? [0, 1].map((half) => {
            const { banks, ...tile } = tiles[0] as ConvTile;
            return { ...tile, banks: { ...banks, data: 11, weights: 1, weightReuse: half === 1 } };
          })
        : null,
    ['cover'],
  ),
];
