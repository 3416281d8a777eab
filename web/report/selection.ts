/** Which op is looked at: chosen in the table, the graph or the timeline, shown in all of them. */
import type { ModelReport } from '../../src/report/model_report.js';

export type Op = ModelReport['ops'][number];

export interface Selection {
  readonly choose: (op: Op) => void;
  /** Called for what is chosen now, and from then on. */
  readonly watch: (changed: (op: Op | null) => void) => void;
}

export const newSelection = (): Selection => {
  let chosen: Op | null = null;
  const watchers: ((op: Op | null) => void)[] = [];
  return {
    choose: (op) => {
      chosen = op;
      for (const watcher of watchers) watcher(op);
    },
    watch: (changed) => {
      watchers.push(changed);
      changed(chosen);
    },
  };
};

export const opOfNode = ({ ops }: ModelReport, node: number): Op | undefined =>
  ops.find(({ nodes }) => nodes.includes(node));

/** What a shape needs to be chosen by pointer and keys. */
export const chooses = (choose: () => void): Readonly<Record<string, (event: Event) => void>> => ({
  click: choose,
  keydown: (event) => {
    if (!(event instanceof KeyboardEvent) || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    choose();
  },
});
