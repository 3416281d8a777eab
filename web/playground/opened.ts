/** A model that is ready to run, up to what the NPU computes of it. */
import type { CpuNodesError, Model } from '../../src/browser.js';

export interface Found {
  readonly found: Model | null;
  /** What is left out, or why there is none. */
  readonly note: string;
}

/** @param Opens the API's class, and @param Refuses its error: they are told, so that tests can give their own */
export const opened = async (
  bytes: Uint8Array,
  Opens: Pick<typeof Model, 'open'>,
  Refuses: typeof CpuNodesError,
): Promise<Found> => {
  try {
    return { found: await Opens.open(bytes), note: '' };
  } catch (error) {
    if (!(error instanceof Refuses)) throw error;
    const [first] = error.nodes;
    const names = error.nodes.map(({ op }) => op).join(', ');
    if (error.before.length === 0)
      return {
        found: null,
        note: `It cannot be run in this page: ${names} (from node ${first?.node ?? ''} on) needs TFLite.`,
      };
    return {
      found: await Opens.open(bytes, { outputs: error.before }),
      note: `It is run up to ${names}, which stays on the CPU.`,
    };
  }
};
