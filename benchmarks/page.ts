/** docs/benchmarks.md, from the results alone. */
import type { Case, Results } from './figures.js';
import type { Part } from './part.js';
import { figureRows, markdownTable, ratioRows } from './table.js';

const machineText = ({ taken, commit, machine, load, isQuick }: Case): string =>
  `${taken.slice(0, 10)}, ${commit}${isQuick ? ' (--quick)' : ''}, ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}; load ${load[0]} to ${load[1]}`;

/** Cases that were taken alike are named together. */
const takenText = (cases: readonly Case[]): readonly string[] => {
  const byMachine = new Map<string, string[]>();
  for (const one of cases) {
    const about = machineText(one);
    byMachine.set(about, [...(byMachine.get(about) ?? []), one.name]);
  }
  return [...byMachine].map(([about, names]) => `- ${names.join('; ')}: ${about}.`);
};

const sectionOf = (part: Part, { cases }: Results): string => {
  const ratios = ratioRows(part, cases);
  const repeat = [`\`npm run bench -- --filter ${part.name}\``, ...part.byHand];
  return [
    `## ${part.title}`,
    ...part.text,
    cases.length === 0 ? 'Not measured yet.' : markdownTable(figureRows(part, cases)),
    ...(ratios.length === 0 ? [] : ['Ratios of medians of the same run:', markdownTable(ratios)]),
    ['To repeat:', '', ...repeat.map((line) => `- ${line}`)].join('\n'),
    ...(cases.length === 0 ? [] : [['Taken:', '', ...takenText(cases)].join('\n')]),
  ].join('\n\n');
};

export const pageOf = (parts: readonly Part[], results: (part: string) => Results): string =>
  [
    '# Benchmarks: Teflon, Vivante, the vendor and ptfe',
    'Written by `npm run bench` from `benchmarks/results/*.json`. A figure with a range is a median (least to most). No board was at hand: what is not measured is calculated, and says so. Ratios are stated of two things that were measured in the same run, or calculated with the same model; load is the number of processes that wanted a CPU.',
    '    npm run bench                        # all; minutes. --list names parts and cases, --filter TEXT takes some, --quick fewer and shorter\n    npm run bench -- --page              # this page and the chart again, from the JSON',
    '![Chart](benchmarks.svg)',
    ...parts.map((part) => sectionOf(part, results(part.name))),
    '',
  ]
    .join('\n\n')
    .trimEnd() + '\n';
