/** What the program's thread and the worker say to each other: data that structured clone takes. */
import { PtfeError } from '../error.js';
import { CpuNodesError } from './cpu_nodes.js';
import type { Computing, DeviceName } from './npu_session.js';
import type { Prepared, PrepareOptions } from './prepare.js';

export interface Answers {
  /** Compiles. */
  readonly prepare: {
    readonly ask: { readonly bytes: Uint8Array; readonly options: PrepareOptions };
    readonly answer: Prepared;
  };
  /** Loads the plans; once in a worker. */
  readonly open: {
    readonly ask: { readonly prepared: Prepared; readonly device: DeviceName };
    readonly answer: Computing;
  };
  /** One inference: bytes of the inputs in the order of `Prepared`. */
  readonly run: { readonly ask: { readonly inputs: readonly Uint8Array[] }; readonly answer: readonly Uint8Array[] };
}

export type Question = { [Kind in keyof Answers]: { readonly kind: Kind } & Answers[Kind]['ask'] }[keyof Answers];
export type AnswerOf<Q extends Question> = Answers[Q['kind']]['answer'];

/** An error as data: classes do not survive the way. */
export interface SentError {
  readonly message: string;
  readonly own: Pick<PtfeError, 'code' | 'where' | 'text' | 'remedy'> | null;
  readonly cpuNodes: Pick<CpuNodesError, 'nodes' | 'before'> | null;
}

export type Reply = { readonly answer: unknown } | { readonly error: SentError };

export const sentError = (error: unknown): SentError => ({
  message: error instanceof Error ? error.message : String(error),
  own:
    error instanceof PtfeError
      ? { code: error.code, where: error.where, text: error.text, remedy: error.remedy }
      : null,
  cpuNodes: error instanceof CpuNodesError ? { nodes: error.nodes, before: error.before } : null,
});

export const receivedError = ({ message, own, cpuNodes }: SentError): Error => {
  if (own === null) return new PtfeError('internal', 'worker', message);
  return cpuNodes === null
    ? new PtfeError(own.code, own.where, own.text, own.remedy)
    : new CpuNodesError(cpuNodes.nodes, cpuNodes.before);
};
