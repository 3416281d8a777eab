/** dist/browser/worker.mjs: what Model.open starts in a browser. */
import { PtfeError } from '../error.js';
import type { Question } from './protocol.js';
import { serve, transferred } from './serve.js';
import { WasmModule } from './wasm_module.js';

interface Scope {
  onmessage: ((event: { readonly data: Question }) => void) | null;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

const scope = globalThis as unknown as Scope;

let wasm: Promise<WasmModule> | null = null;

// Not instantiateStreaming: file servers name many types for .wasm.
const load = async (): Promise<WasmModule> => {
  const answer = await fetch(new URL('../ptfe.wasm', import.meta.url));
  if (!answer.ok) throw new PtfeError('no-file', 'ptfe.wasm', `the server answers ${answer.status}`);
  return WasmModule.load(new Uint8Array(await answer.arrayBuffer()));
};

const answer = serve(async (plan, device) => {
  if (device !== 'auto' && device !== 'wasm')
    throw new PtfeError(
      'device',
      `device ${device}`,
      'a browser has the software NPU as WebAssembly only',
      'device: wasm',
    );
  wasm ??= load();
  return (await wasm).open(plan);
});

scope.onmessage = ({ data }) => void answer(data).then((reply) => scope.postMessage(reply, transferred(reply)));
