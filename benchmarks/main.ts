/**
 * `npm run bench`: ptfe beside Mesa's Teflon (rocket and Vivante), the vendor, TFLite's kernels, and what others published. A table on
 * the terminal, benchmarks/results/*.json, docs/benchmarks.md and its chart.
 *   --list           parts and their cases
 *   --filter TEXT    cases whose "part/case" has the text; several times: any of them
 *   --quick          fewer cases, fewer rounds
 *   --dry            prints, and keeps nothing
 *   --page           measures nothing: the page and the chart from the results
 */
import { parseArgs } from 'node:util';
import { CannotSetUp } from '../test/host/process.js';
import type { Case } from './figures.js';
import { commitNow, loadNow, thisMachine } from './machine.js';
import type { Measure, Part, Settings } from './part.js';
import { parts } from './parts/index.js';
import { chosenCases, listText } from './choice.js';
import { readResults, withCases, writeResults } from './store.js';
import { writePage } from './written.js';
import { figureRows, plainTable, ratioRows } from './table.js';

const isTerminal = process.stderr.isTTY;
const started = Date.now();

/** One line that is written over on a terminal. */
const say = (text: string): void => {
  const line = `bench: ${((Date.now() - started) / 1000).toFixed(0)} s: ${text}`;
  process.stderr.write(isTerminal ? `\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`);
};

const reasonOf = (error: unknown): string => {
  if (error instanceof CannotSetUp) return error.message;
  throw error;
};

const measureCase = async (measure: Measure | string, name: string, isQuick: boolean): Promise<Case> => {
  const before = loadNow();
  const about = { name, taken: new Date().toISOString(), commit: commitNow(), machine: thisMachine(), isQuick };
  const skipped = (reason: string): Case => ({ ...about, load: [before, loadNow()], skipped: reason, rows: [] });
  if (typeof measure === 'string') return skipped(measure);
  try {
    const rows = await measure(name);
    return { ...about, load: [before, loadNow()], skipped: null, rows };
  } catch (error) {
    return skipped(reasonOf(error));
  }
};

/** A figure that was measured is not lost to a machine that cannot. */
const keep = async (part: Part, made: Case): Promise<void> => {
  const results = readResults(part.name);
  const before = results.cases.find(({ name }) => name === made.name);
  if (made.skipped === null || before === undefined || before.skipped !== null)
    await writeResults(withCases(part, results, [made]));
};

const measurePart = async (
  part: Part,
  names: readonly string[],
  settings: Settings,
  isKept: boolean,
): Promise<readonly Case[]> => {
  settings.say(`${part.name}: what it needs`);
  let measure: Measure | string;
  try {
    measure = await part.open(settings);
  } catch (error) {
    measure = reasonOf(error);
  }
  const cases: Case[] = [];
  for (const name of names) {
    settings.say(`${part.name}: ${name}`);
    const made = await measureCase(measure, name, settings.isQuick);
    cases.push(made);
    if (isKept) await keep(part, made);
  }
  return cases;
};

const show = (part: Part, cases: readonly Case[]): void => {
  if (isTerminal) process.stderr.write('\r\x1b[K');
  console.log(`\n${part.title}\n\n${plainTable(figureRows(part, cases))}`);
  const ratios = ratioRows(part, cases);
  if (ratios.length > 0) console.log(`\n${plainTable(ratios)}`);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      list: { type: 'boolean', default: false },
      filter: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      dry: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  const chosen = chosenCases(parts, values.filter, values.quick);
  if (values.list) {
    console.log(listText(chosen));
    return 0;
  }
  if (chosen.length === 0 && !values.page) {
    console.error(`bench: no case has ${values.filter.map((text) => `"${text}"`).join(' or ')}; --list names all`);
    return 1;
  }
  for (const { part, names } of values.page ? [] : chosen) {
    show(part, await measurePart(part, names, { isQuick: values.quick, say }, !values.dry));
  }
  if (!values.dry) for (const path of writePage()) console.log(`written: ${path}`);
  return 0;
};

process.exitCode = await main();
