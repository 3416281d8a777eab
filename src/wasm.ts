/** The addon as WebAssembly: its loader. Bundled by itself (dist/wasm.cjs), as only machines without an addon of theirs need it. */
import { instantiateNapiModuleSync } from '@emnapi/core';
import { getDefaultContext } from '@emnapi/runtime';

/** @returns what the module offers: `Addon` of cli/installation.ts without the machine's part */
export const load = (module: Uint8Array): unknown =>
  instantiateNapiModuleSync(module as Uint8Array<ArrayBuffer>, { context: getDefaultContext() }).napiModule.exports;
