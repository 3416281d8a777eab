/** What each room must hand to the next, as rules with names. One that is broken is a bug of ours, whatever the model is. */
import { type Operation, operandsOf } from '../ir/operation.js';

/** What breaks a rule, and the operation that it shows at; null: none of them. */
export interface Breach {
  readonly operation: Operation | null;
  readonly text: string;
}

export interface Rule<Data> {
  readonly name: string;
  /** What must hold. */
  readonly text: string;
  /** @returns the first thing that breaks it */
  readonly broken: (data: Data) => Breach | null;
}

export const breach = (operation: Operation | null, text: string): Breach => ({ operation, text });

/** For a rule about one operation at a time. */
export const firstBreach = <O extends Operation>(
  operations: readonly O[],
  wrong: (operation: O, position: number) => string | null,
): Breach | null => {
  for (const [position, operation] of operations.entries()) {
    const text = wrong(operation, position);
    if (text !== null) return { operation, text };
  }
  return null;
};

const operationText = (operation: Operation): string => {
  const tensors = operandsOf(operation).map((tensor) => ` t${tensor}`);
  return `${operation.kind}${tensors.join('')} -> t${operation.output} of node ${operation.nodes.join('+')}`;
};

/** @returns the first rule that the data break, as a message; null where they keep all of them */
export const invalid = <Data>(stage: string, rules: readonly Rule<Data>[], data: Data): string | null => {
  for (const { name, text, broken } of rules) {
    const found = broken(data);
    if (found === null) continue;
    const where = found.operation === null ? '' : `${operationText(found.operation)}: `;
    return `after ${stage}: ${where}${found.text} (${name}: ${text})`;
  }
  return null;
};

/** Goes past everything that makes a refusal of a bug: who asks for validation wants to see it. */
export class InvalidStage extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'InvalidStage';
  }
}
