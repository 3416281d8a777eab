// Loaded before all tests: what compiles, in this process and in those that tests start, validates what each stage hands to the
// next (src/validate/). PTFE_DEBUG=0 leaves that out.
process.env.PTFE_DEBUG ??= '1';
