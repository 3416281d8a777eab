/** Reads a file of the delegate's option `profile` by Chrome's trace event format, which Perfetto takes, and refuses what is none. */

export interface Slice {
  readonly name: string;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, number>>;
}

export interface Trace {
  /** Names of threads by number. */
  readonly threads: ReadonlyMap<number, string>;
  readonly slices: readonly Slice[];
  /** Of tasks of the NPU, of steps of the host, and of what is no op: prepare, conversions. */
  readonly tasks: readonly Slice[];
  readonly hosts: readonly Slice[];
  readonly around: readonly Slice[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOf = (event: Readonly<Record<string, unknown>>, name: string): number => {
  const value = event[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new Error(`${name} is no time or number: ${JSON.stringify(event)}`);
  return value;
};

const textOf = (event: Readonly<Record<string, unknown>>, name: string): string => {
  const value = event[name];
  if (typeof value !== 'string' || value === '') throw new Error(`${name} is no text: ${JSON.stringify(event)}`);
  return value;
};

/** Times have three digits behind the point. */
const rounding = 0.002;

/** Slices of a thread nest, or follow each other: here they follow. */
const demandOrder = (slices: readonly Slice[]): void => {
  const ends = new Map<number, number>();
  for (const slice of [...slices].sort((a, b) => a.ts - b.ts)) {
    if (slice.ts < (ends.get(slice.tid) ?? 0) - rounding) throw new Error(`it overlaps: ${JSON.stringify(slice)}`);
    ends.set(slice.tid, slice.ts + slice.dur);
  }
};

/** @throws Error with the event that is wrong */
export const readTrace = (text: string): Trace => {
  const file: unknown = JSON.parse(text);
  if (!isRecord(file) || !Array.isArray(file['traceEvents'])) throw new Error('no traceEvents');
  if (file['displayTimeUnit'] !== 'ns' && file['displayTimeUnit'] !== 'ms') throw new Error('displayTimeUnit');
  const threads = new Map<number, string>();
  const slices: Slice[] = [];
  for (const event of file['traceEvents'] as readonly unknown[]) {
    if (!isRecord(event)) throw new Error(`no event: ${JSON.stringify(event)}`);
    const [phase, name] = [textOf(event, 'ph'), textOf(event, 'name')];
    numberOf(event, 'pid');
    const args = isRecord(event['args']) ? event['args'] : {};
    if (phase === 'M') {
      if (!['process_name', 'thread_name'].includes(name)) throw new Error(`metadata ${name}`);
      if (name === 'thread_name') threads.set(numberOf(event, 'tid'), textOf(args, 'name'));
    } else if (phase === 'X') {
      const numbers = Object.entries(args).map(([key, value]) => {
        if (typeof value !== 'number') throw new Error(`${key} is no number: ${JSON.stringify(event)}`);
        return [key, value] as const;
      });
      const [tid, ts, dur] = [numberOf(event, 'tid'), numberOf(event, 'ts'), numberOf(event, 'dur')];
      if (!threads.has(tid)) throw new Error(`a thread without a name: ${JSON.stringify(event)}`);
      slices.push({ name, tid, ts, dur, args: Object.fromEntries(numbers) });
    } else throw new Error(`phase ${phase}`);
  }
  demandOrder(slices);
  const isTask = ({ args }: Slice): boolean => (args['task'] ?? -1) >= 0;
  const isAround = ({ args }: Slice): boolean => args['task'] === undefined;
  return {
    threads,
    slices,
    tasks: slices.filter(isTask),
    hosts: slices.filter((slice) => !isTask(slice) && !isAround(slice)),
    around: slices.filter(isAround),
  };
};
