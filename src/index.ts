/** ptfe's public API in Node. */
import { startNodeWorker } from './api/node_host.js';
import { OpenedModel, type OpenOptions, openModel } from './api/open_model.js';

export * from './api/shared_exports.js';

/** A model on the NPU, the software NPU or WebAssembly. */
export class Model extends OpenedModel {
  /**
   * Compiles a model and loads it on a device, in a worker thread.
   *
   * @param bytes of a .tflite file, or of a plan file (`planFile`, `ptfe compile`), which needs no compiler
   * @param options.device `auto`: the NPU where it works, else the software NPU; an NPU that is there and cannot be used is an
   * error with what to do. `npu`, `software`, `wasm` (works everywhere)
   * @param options.outputs tensors by name, instead of the model's outputs: such as the logits before a SOFTMAX
   * @throws CpuNodesError where nodes stay on the CPU: `nodes` lists them; PtfeError `bad-model`, `bad-plan`, `bad-option`,
   * `device`; the signal's reason where it was aborted
   */
  static async open(bytes: Uint8Array, options: OpenOptions = {}): Promise<Model> {
    return new Model(await openModel(startNodeWorker, bytes, options));
  }
}
