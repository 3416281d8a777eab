/** Workers in Node. */
// As a whole: an older Node must get as far as saying that it is too old.
import * as threads from 'node:worker_threads';
import type { Reply } from './protocol.js';
import type { StartWorker } from './worker_queue.js';

/** Beside the bundle that this is in; sources run the built one. */
const file = new URL(import.meta.url.endsWith('.ts') ? '../../dist/worker.mjs' : './worker.mjs', import.meta.url);

export const startNodeWorker: StartWorker = (replied, failed) => {
  // Not the program's own: `--eval`, loaders and hooks are not for this file.
  const worker = new threads.Worker(file, { execArgv: [] });
  worker.on('message', (reply: Reply) => replied(reply));
  worker.on('error', failed);
  worker.on('exit', (code) => failed(new Error(`the worker ended with ${code}`)));
  return {
    post: (question) => worker.postMessage(question),
    hold: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    stop: () => void worker.terminate(),
  };
};
