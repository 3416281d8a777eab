/** Where a plan is loaded: by the addon on the NPU or the software NPU, or by the WebAssembly module. */

/** `auto`: the NPU where it works, else the software NPU, as WebAssembly where there is no addon for this machine. */
export const deviceNames = ['auto', 'npu', 'software', 'wasm'] as const;
export type DeviceName = (typeof deviceNames)[number];

/** What computes. */
export type Computing = Exclude<DeviceName, 'auto'>;

/** One plan, loaded. Tensors are bytes in TFLite's layout, in the plan's order; the conversions are the delegate's C code. */
export interface NpuSession {
  readonly computing: Computing;
  readonly run: (inputs: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly close: () => void;
}

/** @throws PtfeError `device` where it cannot be used */
export type OpenSession = (plan: Uint8Array, device: DeviceName) => Promise<NpuSession>;
