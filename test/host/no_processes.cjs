// Loaded before unit tests: a test that starts a process, or loads a native library, is none (scripts/unit.mjs).
const processes = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');

const refuse = (what) => () => {
  throw new Error(`a unit test ${what}: scripts/unit.mjs says what they may do`);
};

exports.mochaHooks = {
  // Not earlier: what compiles TypeScript starts a process while test files are loaded.
  beforeAll() {
    for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'])
      processes[name] = refuse(`starts a process (${name})`);
    process.dlopen = refuse('loads native code');
    syncBuiltinESMExports();
  },
};
