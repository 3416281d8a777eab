/** What programs of the guest print (guest/host.c), between marks that the scenarios set. */
export interface Ioctls {
  readonly create: number;
  readonly submit: number;
  readonly prep: number;
  readonly fini: number;
  readonly jobs: number;
  readonly tasks: number;
  readonly synced: number;
  readonly bytes: number;
}

export interface Prepared {
  readonly what: 'prepare';
  readonly number: number;
  readonly status: number;
  readonly cpu: number;
  /** Of its children. */
  readonly children: number;
  /** KiB of the process. */
  readonly resident: number;
  readonly ioctls: Ioctls | null;
}

export interface Invoked {
  readonly what: 'invoke';
  readonly number: number;
  readonly round: number;
  readonly status: number;
  readonly hash: string;
  readonly ms: number;
  readonly cpu: number;
  /** Of the NPU, all cores. */
  readonly tasks: number;
  readonly resets: number;
  readonly faults: number;
  readonly refused: number;
  readonly ioctls: Ioctls | null;
}

export interface Counters {
  readonly what: 'counters';
  /** By core. */
  readonly tasks: readonly number[];
  readonly resets: number;
  readonly faults: number;
  readonly refused: number;
  /** Tasks that began while another core was at one. */
  readonly together: number;
}

/** One output of a round. */
export interface Shown {
  readonly what: 'output';
  readonly round: number;
  readonly number: number;
  /** Two digits each. */
  readonly bytes: string;
}

export interface Seen {
  readonly prepares: readonly Prepared[];
  readonly invokes: readonly Invoked[];
  readonly outputs: readonly Shown[];
  /** ptfe's own lines. */
  readonly said: readonly string[];
  /** What the kernel logged meanwhile. */
  readonly kernel: readonly string[];
  readonly other: readonly string[];
  readonly counters: readonly Counters[];
  /** Why it was ended (guest/limit.c), and what its processes waited for. */
  readonly limit: string | null;
  readonly waits: readonly string[];
}

export const marks = {
  scenario: '@@ scenario ',
  kernel: '@@ kernel',
  limit: '@@ limit ',
  waits: '@@ waits ',
  alive: '@@ alive',
} as const;

type Line = Prepared | Invoked | Counters | Shown;

const jsonOf = (line: string): Line | null => {
  if (!line.startsWith('{"what"')) return null;
  try {
    return JSON.parse(line) as Line;
  } catch {
    return null; // two processes wrote at once
  }
};

/** One scenario's part of the console. */
const seenOf = (text: string): Seen => {
  const [own = '', kernel = ''] = text.split(marks.kernel);
  const isOfKernel = (line: string): boolean => /^\[\s*\d+\.\d+\] /.test(line); // on the console too, behind an oops
  const lines = own.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('@@') && !isOfKernel(line));
  const behind = (mark: string): readonly string[] =>
    own.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
  const parsed = lines.map(jsonOf);
  const rest = lines.filter((_, i) => parsed[i] === null);
  return {
    prepares: parsed.filter((line) => line?.what === 'prepare'),
    invokes: parsed.filter((line) => line?.what === 'invoke'),
    outputs: parsed.filter((line) => line?.what === 'output'),
    said: rest.filter((line) => line.startsWith('ptfe: ')),
    kernel: kernel
      .split('\n')
      .map((line) => line.replace(/^\[\s*[\d.]+\] /, '').trim())
      .filter(
        (line) => line !== '' && !line.startsWith('===') && !line.startsWith('@@') && !line.startsWith('reboot:'),
      ),
    other: rest.filter((line) => !line.startsWith('ptfe: ')),
    counters: parsed.filter((line) => line?.what === 'counters'),
    limit: behind(marks.limit).at(0) ?? null,
    waits: behind(marks.waits),
  };
};

/** @returns by the name of the scenario */
export const scenariosOf = (console: string): ReadonlyMap<string, Seen> =>
  new Map(
    console
      .split(marks.scenario)
      .slice(1)
      .map((text) => {
        const [name = '', ...rest] = text.split('\n');
        return [name.trim(), seenOf(rest.join('\n'))] as const;
      }),
  );
