/** The page that reports are put into: in the bundle, or where it was built. */
import { readBytes } from './files.js';
import { packageFile } from './installation.js';

/** esbuild puts the page in, in base64 (scripts/build-engine.mjs). */
declare const PTFE_REPORT_PAGE: string | undefined;

/** @throws PtfeError `no-file` where nothing was built */
export const reportPage = (): string =>
  new TextDecoder().decode(
    typeof PTFE_REPORT_PAGE === 'string'
      ? Buffer.from(PTFE_REPORT_PAGE, 'base64')
      : readBytes(packageFile('dist/report.html')),
  );
