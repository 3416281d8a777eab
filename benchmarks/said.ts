/** What delegates say of the nodes that they take. */
import type { Figure } from './figures.js';

export interface Taken {
  readonly nodes: string;
  readonly partitions: number;
  /** Null where it is not said. */
  readonly tasks: number | null;
}

const nothing: Taken = { nodes: '0', partitions: 0, tasks: null };

/** Of ptfe's last line with verbose=1. */
const ofPtfe = (text: string): Taken | null => {
  const [, taken, all, partitions, tasks] =
    /ptfe: (\d+) of (\d+) nodes on the NPU in (\d+) partitions?, (\d+) tasks?/.exec(text) ?? [];
  return taken === undefined
    ? null
    : { nodes: `${taken} of ${all ?? ''}`, partitions: Number(partitions), tasks: Number(tasks) };
};

/** Of Teflon's table with TEFLON_DEBUG=verbose, and of a line for each partition. */
const ofTeflon = (text: string): Taken | null => {
  const rows = [...text.matchAll(/^ *\d+ \S.* v\d+ +(supported|unsupported) /gm)];
  if (rows.length === 0) return null;
  const taken = rows.filter(([, word]) => word === 'supported').length;
  return {
    nodes: `${taken} of ${rows.length}`,
    partitions: text.split('teflon: compiling graph').length - 1,
    tasks: null,
  };
};

export const takenOf = (text: string): Taken => ofPtfe(text) ?? ofTeflon(text) ?? nothing;

export const takenFigures = ({ nodes, partitions, tasks }: Taken): Readonly<Record<string, Figure>> => ({
  nodes,
  partitions,
  ...(tasks === null ? {} : { tasks }),
});
