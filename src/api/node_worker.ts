/** dist/worker.mjs: what Model.open starts in Node. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { loadNativeAddon } from '../cli/installation.js';
import { PtfeError } from '../error.js';
import { deviceNames, type NpuSession, type OpenSession } from './npu_session.js';
import type { Question } from './protocol.js';
import { serve, transferred } from './serve.js';
import { WasmModule } from './wasm_module.js';

let wasm: Promise<WasmModule> | null = null;

const openWasm = async (plan: Uint8Array): Promise<NpuSession> => {
  wasm ??= WasmModule.load(readFileSync(new URL('./ptfe.wasm', import.meta.url)));
  return (await wasm).open(plan);
};

const openNative = (plan: Uint8Array, device: 'auto' | 'npu' | 'software'): NpuSession => {
  const addon = loadNativeAddon();
  try {
    const session = addon.sessionOpen(plan, { device });
    return {
      computing: addon.sessionDevice(session),
      run: (inputs) => addon.sessionRun(session, inputs),
      close: () => addon.sessionClose(session),
    };
  } catch (error) {
    throw new PtfeError('device', `device ${device}`, error instanceof Error ? error.message : String(error));
  }
};

/** There is an addon, it loads, and it is this machine's: only that one opens devices. */
const hasAddon = (): boolean => {
  try {
    return 'sessionOpen' in loadNativeAddon();
  } catch {
    return false;
  }
};

const openSession: OpenSession = async (plan, device) => {
  if (!deviceNames.includes(device))
    throw new PtfeError('bad-option', 'option device', `"${device}" is none of ${deviceNames.join(', ')}`);
  if (device === 'wasm' || (device === 'auto' && !hasAddon())) return openWasm(plan);
  return openNative(plan, device);
};

const answer = serve(openSession);
// One after the other: the program asks the next question when it has the answer.
parentPort?.on('message', (question: Question) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply, [...transferred(reply)]));
});
