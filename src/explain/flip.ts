/** What breaks when an inferred fact of the hardware is otherwise: plans run with every fact flipped to every other value. */
import { at, uint8At } from '../in_range.js';
import type { Fact } from '../hardware/facts.js';
import type { Plan } from '../plan/format.js';

/** Runs a plan on the bytes of its inputs with one fact flipped; throws where the software NPU refuses it. */
export type RunFlipped = (
  plan: Uint8Array,
  inputs: readonly Uint8Array[],
  facts: Readonly<Record<string, string>>,
) => readonly Uint8Array[];

export interface FlipSubject {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  readonly inputs: readonly Uint8Array[];
  /** With every fact as assumed. */
  readonly outputs: readonly Uint8Array[];
}

export interface Flip {
  readonly value: string;
  readonly values: number;
  readonly differing: number;
  /** In counts of the outputs. */
  readonly largest: number;
  /** Plans that the software NPU does not execute with it. */
  readonly refused: number;
}

const distance = (subject: FlipSubject, outputs: readonly Uint8Array[]): readonly [number, number, number] => {
  const types = subject.plan.tensors.filter(({ direction }) => direction === 'out').map(({ type }) => type);
  let [values, differing, largest] = [0, 0, 0];
  for (const [t, output] of outputs.entries()) {
    const flip = types[t] === 'int8' ? 0x80 : 0;
    const expected = at(subject.outputs, t);
    values += output.length;
    for (let i = 0; i < output.length; i++) {
      const apart = Math.abs((uint8At(output, i) ^ flip) - (uint8At(expected, i) ^ flip));
      if (apart > 0) differing++;
      if (apart > largest) largest = apart;
    }
  }
  return [values, differing, largest];
};

export const flipFact = (fact: Fact, subjects: readonly FlipSubject[], run: RunFlipped): readonly Flip[] =>
  fact.values.slice(1).map((value) => {
    let [values, differing, largest, refused] = [0, 0, 0, 0];
    for (const subject of subjects) {
      try {
        const [all, wrong, most] = distance(subject, run(subject.bytes, subject.inputs, { [fact.name]: value }));
        values += all;
        differing += wrong;
        largest = Math.max(largest, most);
      } catch {
        refused++;
      }
    }
    return { value, values, differing, largest, refused };
  });
