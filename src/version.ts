/** The build's version: esbuild puts package.json's in; unbundled (tests) it is `dev`. */
declare const PTFE_VERSION: string | undefined;
export const engineVersion: string = typeof PTFE_VERSION === 'string' ? PTFE_VERSION : 'dev';
