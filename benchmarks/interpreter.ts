/** A running measure.py: one configuration, kept alive, so that rounds of all configurations can take turns. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../test/host/repository.js';

export interface Configuration {
  readonly model: string;
  readonly kernels: 'reference' | 'default';
  readonly threads: number;
  /** Path and options. */
  readonly delegate?: readonly string[];
}

/** Milliseconds, and KiB. */
export interface PrepareTimes {
  readonly cpu: number;
  readonly children: number;
  readonly resident: number;
}

/** Milliseconds of one inference. */
export interface InvokeTimes {
  readonly cpu: number;
  readonly wall: number;
}

export interface MeasuredInterpreter {
  readonly prepare: () => Promise<PrepareTimes>;
  readonly invoke: (count: number) => Promise<InvokeTimes>;
  /** What it wrote on stderr so far. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export const startInterpreter = (python: string, configuration: Configuration): MeasuredInterpreter => {
  const { model, kernels, threads, delegate = [] } = configuration;
  const script = join(repository, 'benchmarks/measure.py');
  const child = spawn(python, [script, model, kernels, String(threads), ...delegate], { stdio: 'pipe' });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting: Waiting[] = [];
  let said = '';
  let ended: string | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.on('error', () => undefined); // its end tells why
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"cpu"')) waiting.shift()?.resolve(JSON.parse(line));
  });
  const end = (reason: string): void => {
    ended = reason;
    for (const { reject } of waiting.splice(0)) reject(new Error(reason));
  };
  child.once('error', (error) => end(error.message));
  child.once('close', (code) => end(`measure.py ended (${code ?? 'killed'}): ${said.trim().split('\n').at(-1) ?? ''}`));
  const ask = <Answer>(line: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (ended !== null) {
        reject(new Error(ended));
        return;
      }
      waiting.push({ resolve: (answer) => resolve(answer as Answer), reject });
      child.stdin.write(`${line}\n`);
    });
  return {
    prepare: () => ask('prepare'),
    invoke: (count) => ask(`invoke ${count}`),
    said: () => said,
    stop: () => {
      child.stdin.end();
      return closed;
    },
  };
};
