/** One line of `ptfe doctor`. */
export interface Finding {
  readonly what: string;
  /** failed: it should work here, and does not. absent: not here, and nothing that was asked for needs it. */
  readonly state: 'ok' | 'absent' | 'failed';
  readonly text: string;
  /** What to do about it; null where nothing is to be done. */
  readonly cure: string | null;
}

export const ok = (what: string, text: string): Finding => ({ what, state: 'ok', text, cure: null });

export const absent = (what: string, text: string, cure: string | null = null): Finding => ({
  what,
  state: 'absent',
  text,
  cure,
});

export const failed = (what: string, text: string, cure: string): Finding => ({ what, state: 'failed', text, cure });

/** The first line: what follows is a trace. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
