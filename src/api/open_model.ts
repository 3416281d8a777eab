/** An opened model, the same in Node and in browsers. */
import { PtfeError } from '../error.js';
import type { Computing, DeviceName } from './npu_session.js';
import type { Prepared, PrepareOptions } from './prepare.js';
import { type TensorData, type TensorInfo, tensorTitle } from './tensor_info.js';
import { type StartWorker, WorkerQueue } from './worker_queue.js';

export interface OpenOptions extends PrepareOptions {
  /** Default: auto. */
  readonly device?: DeviceName;
  /** Ends the opening; it fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  /** Ends the run; it fails with the signal's reason. Later runs are not affected. */
  readonly signal?: AbortSignal;
}

/** In the order of `model.inputs`, or by their names. */
export type RunInputs = readonly TensorData[] | Readonly<Record<string, TensorData>>;

const bytesOf = ({ buffer, byteOffset, byteLength }: TensorData): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const isList = (inputs: RunInputs): inputs is readonly TensorData[] => Array.isArray(inputs);

export interface Opened {
  readonly queue: WorkerQueue;
  readonly prepared: Prepared;
  readonly computing: Computing;
}

/** @throws PtfeError */
export const openModel = async (start: StartWorker, bytes: Uint8Array, options: OpenOptions): Promise<Opened> => {
  if (!(bytes instanceof Uint8Array)) throw new PtfeError('bad-option', 'Model.open', 'the model is no Uint8Array');
  const { device = 'auto', signal, ...rest } = options;
  const queue = new WorkerQueue(start);
  try {
    const prepared = await queue.ask({ kind: 'prepare', bytes, options: rest }, signal);
    const open = { kind: 'open', prepared, device } as const;
    const computing = await queue.ask(open, signal);
    queue.startWith(open);
    return { queue, prepared, computing };
  } catch (error) {
    queue.close();
    throw error;
  }
};

/**
 * A model that is ready to run: compiled, checked and loaded. Compiling and running are done by a worker thread, so that
 * neither blocks the program; runs of one model are done one after the other, in the order of the calls.
 */
export class OpenedModel {
  readonly #opened: Opened;

  protected constructor(opened: Opened) {
    this.#opened = opened;
  }

  /** What `run` wants, in this order. */
  get inputs(): readonly TensorInfo[] {
    return this.#opened.prepared.inputs;
  }

  /** What `run` gives, in this order. */
  get outputs(): readonly TensorInfo[] {
    return this.#opened.prepared.outputs;
  }

  /** What computes: `npu`, `software` (the software NPU), or `wasm` (the same as WebAssembly). */
  get device(): Computing {
    return this.#opened.computing;
  }

  /**
   * One inference.
   *
   * @param inputs quantized codes, Int8Array for int8 tensors and Uint8Array for uint8 ones, each `length` values in TFLite's
   * order (NHWC); they are copied, and can be used again at once
   * @returns the outputs' codes, in memory of their own; `scale * (code - zeroPoint)` is the value
   * @throws PtfeError `bad-usage` where an input is missing, has another type, or not so many values; `device` where the device
   * fails; the signal's reason where it was aborted
   */
  async run(inputs: RunInputs, { signal }: RunOptions = {}): Promise<readonly TensorData[]> {
    const { queue } = this.#opened;
    const made = await queue.ask({ kind: 'run', inputs: this.#given(inputs) }, signal);
    return this.outputs.map(({ type }, i) => {
      const bytes = made[i] ?? new Uint8Array();
      return type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
    });
  }

  #given(inputs: RunInputs): readonly Uint8Array[] {
    const wrong = (text: string): PtfeError => new PtfeError('bad-usage', 'run', text);
    const all = this.inputs;
    if (isList(inputs) && inputs.length !== all.length)
      throw wrong(`the model has ${all.length} ${all.length === 1 ? 'input' : 'inputs'}, not ${inputs.length}`);
    return all.map((info, i) => {
      const given: unknown = isList(inputs) ? inputs[i] : inputs[info.name];
      const title = tensorTitle(info);
      if (given === undefined) throw wrong(`no input ${title}`);
      const fits = info.type === 'int8' ? given instanceof Int8Array : given instanceof Uint8Array;
      if (!fits) throw wrong(`input ${title} wants ${info.type === 'int8' ? 'an Int8Array' : 'a Uint8Array'}`);
      const data = given as TensorData;
      if (data.length !== info.length) throw wrong(`input ${title} wants ${info.length} values, not ${data.length}`);
      return bytesOf(data);
    });
  }

  /** Ends the worker and gives up the device; runs that are not done fail. */
  close(): void {
    this.#opened.queue.close();
  }
}
