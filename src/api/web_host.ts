/** Workers in browsers. */
import type { Reply } from './protocol.js';
import type { StartWorker } from './worker_queue.js';

interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { readonly data: Reply }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
}

declare const Worker: new (url: URL, options: { readonly type: 'module' }) => WebWorker;

export const startWebWorker: StartWorker = (replied, failed) => {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => replied(data);
  worker.onerror = ({ message = 'it does not load' }) => failed(new Error(`the worker: ${message}`));
  return {
    post: (question) => worker.postMessage(question),
    hold: () => undefined,
    stop: () => worker.terminate(),
  };
};
