/** The program's side of a worker: one question at a time, and signals that end it. */
import { PtfeError } from '../error.js';
import { type AnswerOf, type Question, receivedError, type Reply } from './protocol.js';

/** A worker, as Node and browsers have it in ways of their own. */
export interface HostWorker {
  readonly post: (question: Question) => void;
  /** Whether the process has to stay for it. */
  readonly hold: (isBusy: boolean) => void;
  readonly stop: () => void;
}

/** @param failed the worker has ended, or never began */
export type StartWorker = (replied: (reply: Reply) => void, failed: (error: Error) => void) => HostWorker;

interface Waiting {
  readonly question: Question;
  readonly done: (reply: Reply) => void;
  readonly failed: (error: unknown) => void;
}

const noReply = (): void => undefined;

/** A question whose signal comes while it is being worked on ends the worker; the next question starts another one. */
export class WorkerQueue {
  readonly #start: StartWorker;
  #worker: HostWorker | null = null;
  #waiting: Waiting[] = [];
  #asked: Waiting | null = null;
  #isClosed = false;
  /** What a new worker is told before anything else. */
  #first: Question | null = null;

  constructor(start: StartWorker) {
    this.#start = start;
  }

  /** From now on every worker that is started anew is asked this first. */
  startWith(question: Question): void {
    this.#first = question;
  }

  ask<Q extends Question>(question: Q, signal?: AbortSignal): Promise<AnswerOf<Q>> {
    return new Promise((resolve, reject: (error: unknown) => void) => {
      if (this.#isClosed) throw new PtfeError('bad-usage', 'model', 'it is closed');
      signal?.throwIfAborted();
      const aborted = (): void => {
        reject(signal?.reason);
        this.#drop(waiting);
      };
      const end = (): void => signal?.removeEventListener('abort', aborted);
      const waiting: Waiting = {
        question,
        done: (reply) => {
          end();
          if ('error' in reply) reject(receivedError(reply.error));
          else resolve(reply.answer as AnswerOf<Q>);
        },
        failed: (error) => {
          end();
          reject(error);
        },
      };
      signal?.addEventListener('abort', aborted);
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  /** What waits fails. */
  close(): void {
    this.#isClosed = true;
    const error = new PtfeError('bad-usage', 'model', 'it was closed');
    const all = [...(this.#asked === null ? [] : [this.#asked]), ...this.#waiting];
    [this.#asked, this.#waiting] = [null, []];
    this.#stop();
    for (const { failed } of all) failed(error);
  }

  #stop(): void {
    this.#worker?.stop();
    this.#worker = null;
  }

  #drop(waiting: Waiting): void {
    if (this.#asked === waiting) {
      this.#asked = null;
      this.#stop();
    } else this.#waiting = this.#waiting.filter((one) => one !== waiting);
    this.#next();
  }

  #next(): void {
    if (this.#asked !== null) return;
    const [next, ...later] = this.#waiting;
    if (next === undefined) {
      this.#worker?.hold(false);
      return;
    }
    if (this.#worker === null && this.#first !== null) {
      const { failed } = next;
      this.#begin();
      this.#send({
        question: this.#first,
        done: (reply) => ('error' in reply ? this.#refuse(reply, failed) : noReply()),
        failed,
      });
      return;
    }
    if (this.#worker === null) this.#begin();
    this.#waiting = later;
    this.#send(next);
  }

  /** The worker is there, but cannot do what all else needs. */
  #refuse({ error }: Extract<Reply, { readonly error: unknown }>, failed: (error: unknown) => void): void {
    this.#waiting = this.#waiting.filter((one) => one.failed !== failed);
    this.#stop();
    failed(receivedError(error));
  }

  #begin(): void {
    const worker: HostWorker = this.#start(
      (reply) => {
        if (worker !== this.#worker) return;
        const asked = this.#asked;
        this.#asked = null;
        asked?.done(reply);
        this.#next();
      },
      (error) => {
        if (worker !== this.#worker) return;
        const asked = this.#asked;
        [this.#asked, this.#worker] = [null, null];
        this.#waiting = this.#waiting.filter((one) => one.failed !== asked?.failed);
        asked?.failed(error);
        this.#next();
      },
    );
    this.#worker = worker;
  }

  #send(waiting: Waiting): void {
    this.#asked = waiting;
    this.#worker?.hold(true);
    this.#worker?.post(waiting.question);
  }
}
