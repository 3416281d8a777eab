/** A recorded stream in memory: buffers as the kernel places them, and the tasks of each layer, with defects set right. */
import { type Command, commandBytes } from '../../hardware/command.js';
import type { Graph } from '../../graph/graph.js';
import { boAt, type Recording } from '../stream/recording.js';
import { compileOperation } from './compile.js';
import type { Fixes } from './defects.js';
import { alignTo } from './operation.js';
import { operationOf, type StreamLayer, type StreamOperation } from './recognize.js';
import type { Addresses } from './task_words.js';

export interface Region {
  readonly iova: number;
  readonly bytes: Uint8Array;
}

export interface Start {
  readonly iova: number;
  readonly words: number;
}

export interface PlacedOperation {
  readonly stream: StreamOperation;
  /** null: no node of the model is known for it. */
  readonly layer: StreamLayer | null;
  readonly at: Addresses;
  readonly tasks: readonly Start[];
  /** Words that differ from the recorded ones; all of them where the number of tasks changes. */
  readonly changedWords: number;
}

export interface PlacedStream {
  readonly regions: readonly Region[];
  readonly operations: readonly PlacedOperation[];
}

/** The kernel gives a buffer whole pages: Mesa's biases are read beyond the size that it asked for. */
const pageBytes = 4096;

const inPages = (bytes: Uint8Array, size: number): Uint8Array => {
  const pages = new Uint8Array(alignTo(Math.max(size, bytes.length), pageBytes));
  pages.set(bytes);
  return pages;
};

export const recordedRegions = (recording: Recording): readonly Region[] =>
  recording.bos.map(({ dma, size, bytes }) => ({ iova: dma, bytes: inPages(bytes, size) }));

const wordsAsBytes = (tasks: readonly (readonly Command[])[], pitch: number): Uint8Array => {
  const bytes = new Uint8Array(tasks.length * pitch);
  const view = new DataView(bytes.buffer);
  tasks.forEach((commands, t) =>
    commands.forEach(({ target, value, offset }, i) => {
      const at = t * pitch + i * commandBytes;
      view.setUint16(at, offset, true);
      view.setUint32(at + 2, value, true);
      view.setUint16(at + 6, target, true);
    }),
  );
  return bytes;
};

const countChanged = (made: readonly (readonly Command[])[], recorded: readonly (readonly Command[])[]): number => {
  if (made.length !== recorded.length) return made.reduce((sum, { length }) => sum + length, 0);
  return made.reduce(
    (sum, words, t) => sum + words.filter(({ value }, i) => value !== recorded[t]?.[i]?.value).length,
    0,
  );
};

/** Addresses above all of a recording's. */
class FreshAddresses {
  #next: number;

  constructor(recording: Recording) {
    this.#next = alignTo(Math.max(0, ...recording.bos.map(({ dma, size }) => dma + size)), pageBytes);
  }
  take(bytes: number): number {
    const at = this.#next;
    this.#next += alignTo(Math.max(bytes, 1), pageBytes);
    return at;
  }
}

const asRecorded = (stream: StreamOperation, layer: StreamLayer | null): PlacedOperation => ({
  stream,
  layer,
  at: stream.at,
  tasks: stream.tasks.map(({ regcmd, commands }) => ({ iova: regcmd, words: commands.length })),
  changedWords: 0,
});

/**
 * @param layers for each operation of the recording its layer, or null
 * @param fixes with any of them, every known layer is emitted anew (which alone changes nothing) with its buffers in
 *   their recorded places; results that grow, and commands, get new places
 */
export const placeStream = (
  recording: Recording,
  operations: readonly { readonly stream: StreamOperation; readonly layer: StreamLayer | null }[],
  graph: Graph | null,
  fixes: Fixes,
): PlacedStream => {
  const regions = [...recordedRegions(recording)];
  if (fixes.size === 0 || graph === null)
    return { regions, operations: operations.map(({ stream, layer }) => asRecorded(stream, layer)) };
  const fresh = new FreshAddresses(recording);
  const moved = new Map<number, number>();
  const movedTo = (address: number): number => {
    const bo = boAt(recording, address);
    const start = bo === undefined ? undefined : moved.get(bo.dma);
    return bo === undefined || start === undefined ? address : start + (address - bo.dma);
  };
  const placed = operations.map(({ stream, layer }): PlacedOperation => {
    const found = layer === null ? null : operationOf(graph, layer.node, layer.add !== null, fixes);
    if (layer === null || found === null) return asRecorded(stream, layer);
    const compiled = compileOperation(found.operation, fixes);
    const output = boAt(recording, stream.at.output);
    if (output !== undefined && alignTo(output.size, pageBytes) < compiled.outputBytes && !moved.has(output.dma)) {
      const iova = fresh.take(compiled.outputBytes);
      moved.set(output.dma, iova);
      regions.push({ iova, bytes: new Uint8Array(alignTo(compiled.outputBytes, pageBytes)) });
    }
    const at = {
      input: movedTo(stream.at.input),
      output: movedTo(stream.at.output),
      operand: stream.at.operand === 0 ? 0 : movedTo(stream.at.operand),
      weights: fresh.take(compiled.weights.length),
      bias: fresh.take(4 * compiled.bias.length),
      commands: fresh.take(compiled.commandBytes),
    };
    // Compared with the recorded words at the recorded places: only what the fix itself changes counts.
    const changedWords = countChanged(
      compiled.words(stream.at),
      stream.tasks.map(({ commands }) => commands),
    );
    const words = compiled.words(at);
    const pitch = compiled.commandBytes / words.length;
    const bias = new Uint8Array(compiled.bias.buffer);
    regions.push({ iova: at.weights, bytes: inPages(compiled.weights, compiled.weights.length) });
    regions.push({ iova: at.bias, bytes: inPages(bias, bias.length) });
    regions.push({ iova: at.commands, bytes: inPages(wordsAsBytes(words, pitch), compiled.commandBytes) });
    const tasks = words.map(({ length }, t) => ({ iova: at.commands + t * pitch, words: length }));
    return { stream, layer: { ...layer, operation: found.operation }, at, tasks, changedWords };
  });
  return { regions, operations: placed };
};

/** The regions that one operation reads and writes. */
export const regionsOf = ({ regions }: PlacedStream, { at, tasks }: PlacedOperation): readonly Region[] => {
  const addresses = [at.input, at.output, at.weights, at.bias, at.operand, ...tasks.map(({ iova }) => iova)];
  return regions.filter(({ iova, bytes }) =>
    addresses.some((address) => address !== 0 && address >= iova && address < iova + bytes.length),
  );
};
