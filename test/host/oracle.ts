import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demandFresh } from './fresh.js';
import { type PythonEnvironment, repository } from './python.js';

/** TFLite in a long-lived Python process: what the reference kernels answer, and what a program with a delegate gets. */
export interface RunRequest {
  /** The bytes of a .tflite file, or the path of one. */
  readonly model: Uint8Array | string;
  /** For each invoke: the bytes of each graph input. */
  readonly inputs: readonly (readonly Uint8Array[])[];
  /** For each invoke: the shapes that the inputs are resized to before it; null, or absent: they stay. */
  readonly shapes?: readonly (readonly (readonly number[])[] | null)[];
  readonly delegate?: { readonly library: string; readonly options: Readonly<Record<string, string>> };
  readonly threads?: number;
  /** The reference kernels where absent; they lack a few operators. `default`: what a program gets, XNNPACK. */
  readonly kernels?: 'reference' | 'optimized' | 'default';
  /** The outputs of every node, not only those of the graph. */
  readonly everything?: boolean;
}

export interface OutputTensor {
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  readonly data: Uint8Array;
}

export interface NodeReport {
  readonly index: number;
  readonly op: string;
  readonly delegated: boolean;
}

export type RunResult =
  | {
      readonly ok: true;
      /** For each invoke: the graph's outputs. */
      readonly outputs: readonly (readonly OutputTensor[])[];
      readonly nodes: readonly NodeReport[];
      readonly partitions: number;
      /** Process ids of the host's children after the run. */
      readonly children: readonly number[];
      readonly stderr: string;
      readonly prepareSeconds: number;
      readonly invokeSeconds: number;
    }
  | {
      readonly ok: false;
      readonly error: string;
      readonly stderr: string;
      /** The process died (signal or exit status), rather than raised an exception. */
      readonly crashed: boolean;
    };

interface Reply {
  readonly error?: string;
  readonly stderr: string;
  readonly outputs?: readonly (readonly (Omit<OutputTensor, 'data'> & { readonly bytes: number })[])[];
  readonly nodes: readonly NodeReport[];
  readonly partitions: number;
  readonly children: readonly number[];
  readonly prepareSeconds: number;
  readonly invokeSeconds: number;
}

export interface OracleOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** A shell command that execs the rest, e.g. `ulimit -v 400000; exec "$@"`. */
  readonly wrapper?: string;
  readonly timeoutSeconds?: number;
}

/** The delegate to test: the built one, or the one that PTFE_LIBRARY names. */
export const delegateLibrary = process.env['PTFE_LIBRARY'] ?? join(repository, 'build/Release/libptfe.so');

/** What processes that load the library or the addon need beside it (sanitizers' runtimes). */
export const preloaded: Readonly<Record<string, string>> =
  process.env['PTFE_PRELOAD'] === undefined ? {} : { LD_PRELOAD: process.env['PTFE_PRELOAD'] };

export class Oracle {
  readonly #python: string;
  readonly #options: OracleOptions;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #waiting: ((result: RunResult) => void)[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;

  constructor(environment: PythonEnvironment & { readonly available: true }, options: OracleOptions = {}) {
    this.#python = environment.python;
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), 'ptfe-oracle-'));
  }

  /** The process id, for tests that look at its children and memory. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Runs a model. After a crash the next call starts a new process. */
  run(request: RunRequest): Promise<RunResult> {
    if (request.delegate?.library === join(repository, 'build/Release/libptfe.so')) demandFresh('engine', 'delegate');
    const child = (this.#child ??= this.#start());
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), (this.#options.timeoutSeconds ?? 300) * 1000);
      this.#waiting.push((result) => {
        clearTimeout(timer);
        resolve(result);
      });
      const blobs = [...(typeof request.model === 'string' ? [] : [request.model]), ...request.inputs.flat()];
      const header = Buffer.from(
        JSON.stringify({
          ...(typeof request.model === 'string' ? { modelPath: request.model } : { model: request.model.length }),
          inputs: request.inputs.map((invoke) => invoke.map((input) => input.length)),
          shapes: request.shapes ?? [],
          delegate: request.delegate,
          threads: request.threads ?? 1,
          everything: request.everything ?? false,
          kernels: request.kernels ?? 'reference',
        }),
      );
      const length = Buffer.alloc(4);
      length.writeUInt32LE(header.length);
      child.stdin?.write(Buffer.concat([length, header, ...blobs]));
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.stdin?.end();
      await closed;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): ChildProcess {
    const errorFile = join(this.#folder, 'stderr');
    const errorFd = openSync(errorFile, 'a+');
    const command = [this.#python, join(import.meta.dirname, 'oracle.py')];
    const { wrapper } = this.#options;
    const [program = '', ...args] = wrapper === undefined ? command : ['sh', '-c', wrapper, 'sh', ...command];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', errorFd],
      env: {
        ...process.env,
        ...preloaded,
        PYTHONUNBUFFERED: '1',
        PTFE_CACHE: 'off',
        PTFE_DEVICE: 'software',
        ...this.#options.variables,
      },
    });
    closeSync(errorFd);
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.once('close', (status, signal) => {
      const stderr = readFileSync(errorFile, 'utf8');
      rmSync(errorFile, { force: true });
      this.#child = undefined;
      this.#received = [];
      this.#receivedBytes = 0;
      const waiting = this.#waiting;
      this.#waiting = [];
      const error = `the process ended with ${signal ?? `status ${status}`}`;
      for (const settle of waiting) settle({ ok: false, error, stderr, crashed: true });
    });
    return child;
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    for (;;) {
      if (this.#receivedBytes < 4) return;
      const all = this.#received.length === 1 ? (this.#received[0] ?? chunk) : Buffer.concat(this.#received);
      this.#received = [all];
      const headerEnd = 4 + all.readUInt32LE(0);
      if (all.length < headerEnd) return;
      const reply = JSON.parse(all.toString('utf8', 4, headerEnd)) as Reply;
      const size = (reply.outputs ?? []).flat().reduce((sum, output) => sum + output.bytes, 0);
      if (all.length < headerEnd + size) return;
      this.#received = [all.subarray(headerEnd + size)];
      this.#receivedBytes = all.length - headerEnd - size;
      this.#waiting.shift()?.(resultOf(reply, all.subarray(headerEnd, headerEnd + size)));
    }
  }
}

function resultOf(reply: Reply, payload: Buffer): RunResult {
  if (reply.error !== undefined) return { ok: false, error: reply.error, stderr: reply.stderr, crashed: false };
  const { nodes, partitions, children, stderr, prepareSeconds, invokeSeconds } = reply;
  let at = 0;
  const outputs = (reply.outputs ?? []).map((invoke) =>
    invoke.map(({ bytes, ...tensor }) => {
      const data = Uint8Array.from(payload.subarray(at, at + bytes));
      at += bytes;
      return { ...tensor, data };
    }),
  );
  return { ok: true, outputs, nodes, partitions, children, stderr, prepareSeconds, invokeSeconds };
}
