/** ptfe's public API in browsers: the same functions; models run on the software NPU as WebAssembly, in a worker. */
import { startWebWorker } from './api/web_host.js';
import { OpenedModel, type OpenOptions, openModel } from './api/open_model.js';

export * from './api/shared_exports.js';

/** A model on the software NPU as WebAssembly. */
export class Model extends OpenedModel {
  /**
   * Compiles a model and loads it, in a worker. `worker.mjs` beside this module and `../ptfe.wasm` are fetched.
   *
   * @param bytes of a .tflite file or of a plan file
   * @throws CpuNodesError where nodes stay on the CPU: `nodes` lists them; PtfeError `bad-model`, `bad-plan`, `bad-option`,
   * `no-file`; the signal's reason where it was aborted
   */
  static async open(bytes: Uint8Array, options: OpenOptions = {}): Promise<Model> {
    return new Model(await openModel(startWebWorker, bytes, options));
  }
}
