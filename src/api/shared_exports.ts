/** What Node and browsers export alike. */
export { type CompiledModel, type CompileOptions, compileTflite } from '../compile.js';
export { PtfeError } from '../error.js';
export type { CheckedGraph, CheckedNode } from '../explain/check_model.js';
export { engineVersion } from '../version.js';
export { type CpuNode, CpuNodesError } from './cpu_nodes.js';
export { check, compile, disassemble, type Options, planFile, report } from './functions.js';
export type { Computing, DeviceName } from './npu_session.js';
export type { OpenOptions, RunInputs, RunOptions } from './open_model.js';
export type { TensorData, TensorInfo } from './tensor_info.js';
export type { ModelReport } from '../report/model_report.js';
