/** The worker's side: one model at a time, its questions in their order. */
import type { NpuSession, OpenSession } from './npu_session.js';
import { prepare, type Prepared } from './prepare.js';
import { type Answers, type Question, type Reply, sentError } from './protocol.js';

interface Loaded {
  readonly prepared: Prepared;
  readonly sessions: readonly NpuSession[];
}

/** Part by part: what one makes is what a later one reads. */
const runAll = ({ prepared, sessions }: Loaded, inputs: readonly Uint8Array[]): readonly Uint8Array[] => {
  const values = new Map(prepared.inputs.map(({ tensor }, i) => [tensor, inputs[i]] as const));
  const valueOf = (tensor: number): Uint8Array => {
    const value = values.get(tensor);
    if (value === undefined) throw new Error(`tensor ${tensor} has no value`);
    return value;
  };
  for (const [i, part] of prepared.parts.entries()) {
    const made = sessions[i]?.run(part.inputs.map(valueOf)) ?? [];
    for (const [o, tensor] of part.outputs.entries()) values.set(tensor, made[o]);
  }
  return prepared.outputs.map(({ tensor }) => valueOf(tensor));
};

/** @returns what answers a question; nothing is thrown */
export const serve = (openSession: OpenSession): ((question: Question) => Promise<Reply>) => {
  let loaded: Loaded | null = null;
  const answer = async (question: Question): Promise<Answers[keyof Answers]['answer']> => {
    switch (question.kind) {
      case 'prepare':
        return prepare(question.bytes, question.options);
      case 'open': {
        const { prepared, device } = question;
        const sessions: NpuSession[] = [];
        try {
          for (const { plan } of prepared.parts) sessions.push(await openSession(plan, device));
        } catch (error) {
          for (const session of sessions) session.close();
          throw error;
        }
        loaded = { prepared, sessions };
        return sessions[0]?.computing ?? 'software';
      }
      case 'run':
        if (loaded === null) throw new Error('nothing is loaded');
        return runAll(loaded, question.inputs);
    }
  };
  return async (question) => {
    try {
      return { answer: await answer(question) };
    } catch (error) {
      return { error: sentError(error) };
    }
  };
};

/** Memory of an answer that the worker gives away. */
export const transferred = (reply: Reply): readonly ArrayBuffer[] => {
  const { answer } = 'answer' in reply ? reply : { answer: null };
  if (!Array.isArray(answer)) return [];
  const buffers = answer.flatMap((one: unknown) =>
    one instanceof Uint8Array && one.buffer instanceof ArrayBuffer ? [one.buffer] : [],
  );
  return [...new Set(buffers)];
};
