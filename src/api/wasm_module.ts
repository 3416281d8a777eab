/** The software NPU as WebAssembly: delegate/include/ptfe.h, without imports (scripts/build-wasm-module.mjs). */
import { PtfeError } from '../error.js';
import type { NpuSession } from './npu_session.js';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly _initialize: () => void;
  readonly malloc: (bytes: number) => number;
  readonly free: (at: number) => void;
  readonly ptfe_open: (plan: number, length: number, facts: number, error: number, size: number) => number;
  readonly ptfe_close: (session: number) => void;
  readonly ptfe_input_count: (session: number) => number;
  readonly ptfe_output_count: (session: number) => number;
  readonly ptfe_input: (session: number, index: number, tensor: number) => number;
  readonly ptfe_output: (session: number, index: number, tensor: number) => number;
  readonly ptfe_run: (session: number, inputs: number, outputs: number, error: number, size: number) => number;
}

interface Wasm {
  readonly instantiate: (
    bytes: Uint8Array,
    imports: object,
  ) => Promise<{ readonly instance: { readonly exports: unknown } }>;
}

const errorBytes = 512;
/** struct ptfe_tensor of a 32-bit machine, of which `bytes` is the last member. */
const tensorBytes = 36;
const pointerBytes = 4;

export class WasmModule {
  readonly #c: Exports;

  private constructor(exports: Exports) {
    this.#c = exports;
    exports._initialize();
  }

  /** @param bytes of ptfe.wasm */
  static async load(bytes: Uint8Array): Promise<WasmModule> {
    const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };
    const { instance } = await wasm.instantiate(bytes, {});
    return new WasmModule(instance.exports as Exports);
  }

  #allocate(bytes: number): number {
    const at = this.#c.malloc(Math.max(1, bytes));
    if (at === 0) throw new PtfeError('device', 'WebAssembly', `no memory for ${bytes} bytes`);
    return at;
  }

  /** Memory may grow with each call of C: views are made anew. */
  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#c.memory.buffer, at, length);
  }

  #u32(at: number): number {
    return new DataView(this.#c.memory.buffer).getUint32(at, true);
  }

  #text(at: number): string {
    const bytes = this.#bytes(at, errorBytes);
    return new TextDecoder().decode(bytes.slice(0, Math.max(0, bytes.indexOf(0))));
  }

  /** @throws PtfeError with the module's own words */
  open(plan: Uint8Array): NpuSession {
    const c = this.#c;
    const owned: number[] = [];
    const own = (bytes: number): number => {
      const at = this.#allocate(bytes);
      owned.push(at);
      return at;
    };
    const free = (): void => owned.splice(0).forEach((at) => c.free(at));
    try {
      const [at, error] = [own(plan.byteLength), own(errorBytes)];
      this.#bytes(at, plan.byteLength).set(plan);
      const session = c.ptfe_open(at, plan.byteLength, 0, error, errorBytes);
      if (session === 0) throw new PtfeError('bad-plan', 'plan', this.#text(error));
      const describe = own(tensorBytes);
      /** A list of pointers, and room for each tensor. */
      const listOf = (count: number, ask: Exports['ptfe_input']) => {
        const list = own(pointerBytes * Math.max(1, count));
        const tensors = Array.from({ length: count }, (_, i) => {
          ask(session, i, describe);
          const length = this.#u32(describe + tensorBytes - pointerBytes);
          return { length, at: own(length) };
        });
        const view = new DataView(c.memory.buffer);
        for (const [i, tensor] of tensors.entries()) view.setUint32(list + pointerBytes * i, tensor.at, true);
        return { list, tensors };
      };
      const inputs = listOf(c.ptfe_input_count(session), c.ptfe_input);
      const outputs = listOf(c.ptfe_output_count(session), c.ptfe_output);
      return {
        computing: 'wasm',
        run: (given) => {
          for (const [i, tensor] of inputs.tensors.entries()) {
            const bytes = given[i];
            if (bytes?.byteLength !== tensor.length)
              throw new PtfeError('bad-usage', 'run', `input ${i} wants ${tensor.length} bytes`);
            this.#bytes(tensor.at, tensor.length).set(bytes);
          }
          if (c.ptfe_run(session, inputs.list, outputs.list, error, errorBytes) !== 0)
            throw new PtfeError('device', 'run', this.#text(error));
          return outputs.tensors.map((tensor) => this.#bytes(tensor.at, tensor.length).slice());
        },
        close: () => {
          if (owned.length === 0) return;
          c.ptfe_close(session);
          free();
        },
      };
    } catch (error) {
      free();
      throw error;
    }
  }
}
