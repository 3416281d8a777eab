/** Words of all tasks into one command buffer, with the places where addresses must be filled in. */
import { alignUp } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { BufferName, Word } from './words.js';
import type { Bytes, Words } from '../hardware/units.js';

export interface Relocation {
  /** Index of the 64-bit word. */
  readonly word: Words;
  readonly buffer: BufferName;
  readonly addend: Bytes;
}

export interface Assembly<Task> {
  readonly bytes: Uint8Array;
  readonly relocations: readonly Relocation[];
  /** Byte offset and number of words of each task. */
  readonly tasks: readonly { readonly task: Task; readonly offset: Bytes; readonly words: Words }[];
}

export const assemble = <Task extends { readonly words: readonly Word[] }>(
  { memory }: Chip,
  tasks: readonly Task[],
): Assembly<Task> => {
  let end = 0;
  const places = tasks.map((task) => {
    const offset = end;
    end = alignUp(offset + task.words.length * 8, memory.taskBytes);
    return { task, offset, words: task.words.length };
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  const relocations: Relocation[] = [];
  for (const { offset: start, task } of places) {
    for (const [i, { target, offset, value, address }] of task.words.entries()) {
      // [63:48] target, [47:16] value, [15:0] offset
      view.setUint16(start + 8 * i, offset, true);
      view.setUint32(start + 8 * i + 2, value, true);
      view.setUint16(start + 8 * i + 6, target, true);
      if (address !== null) relocations.push({ word: start / 8 + i, buffer: address.bo, addend: address.offset });
    }
  }
  return { bytes, relocations, tasks: places };
};
