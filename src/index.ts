/** ptfe's public API. */
export { type CompiledModel, compileTflite, type CompileOptions } from './compile.js';
export { PtfeError } from './error.js';
export { engineVersion } from './version.js';
