/** PTFE_DEBUG=1: what each stage of the compiler hands to the next is validated (`validate/`). Tests have it on (docs/testing.md). */
export const isDebugging = (): boolean => typeof process !== 'undefined' && process.env['PTFE_DEBUG'] === '1';
