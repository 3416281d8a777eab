/** `ptfe selftest`: the first hour on silicon. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { compileTflite } from '../compile.js';
import { PtfeError } from '../error.js';
import { type Machine, readMachine } from '../doctor/machine.js';
import { readLadder, type RunFolder, writeLadder } from '../selftest/folder.js';
import { type FactResult, judgeFacts, judgeRung, type RungResult, type RunSoftware } from '../selftest/judge.js';
import { ladder, type Rung, silentFacts } from '../selftest/ladder.js';
import { engineVersion } from '../version.js';
import { type CommandOptions, type Arguments, badUsage, outputOption, readArguments } from './arguments.js';
import { inFile, readBytes, sayOf, writeOutput } from './files.js';
import { type Addon, loadAddon } from './installation.js';
import { printJson, type Subcommand, type Terminal } from './subcommand.js';

const archiveName = 'ptfe-selftest.json.gz';

const usage = `ptfe selftest [MODEL.tflite ...] [--device software] [-o FILE] [--json]
ptfe selftest [MODEL.tflite ...] --write FOLDER
ptfe selftest --read FOLDER [-o FILE] [--json]

Runs a ladder on the NPU, each rung against the software NPU's bytes: one atom, one 1x1 convolution, layers that each rest on
few of the inferred facts of the hardware (those that nothing but silicon can tell first), larger layers, models. Where values
differ, it says which other reading of a fact gives the chip's values. One file is to be sent back; it names no user, host or
folder.

  --device npu|software  npu by default; software runs the ladder against itself
  --facts NAME=VALUE,... with --device software: pretend to be a chip of which that is so
  --write FOLDER         for a board without Node: plans, inputs and values; examples/run_ladder.c runs them there
  --read FOLDER          the same folder after that
  -o, --output FILE      the archive; default ${archiveName}
  --json                 the answer as JSON
Exit codes: 0 all values are the same; 1 some differ, or the device failed; 2 usage or input error.
`;

const modelRungs = (path: string, number: number): readonly (readonly [string, Uint8Array])[] => {
  const bytes = readBytes(path);
  const { parts } = inFile(path, () => compileTflite(bytes));
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return parts.map(({ plan }, i) => [`model ${number} (${digest}), part ${i}`, plan]);
};

const factsOption = ({ values }: Arguments, isSoftware: boolean): Readonly<Record<string, string>> => {
  const { facts } = values;
  if (facts === undefined) return {};
  if (!isSoftware) throw badUsage('selftest', '--facts: a chip cannot be told what it does, only --device software');
  const pairs = facts.split(',').map((pair) => /^(\w+)=(\w+)$/.exec(pair));
  return Object.fromEntries(
    pairs.map((pair) => {
      if (pair === null) throw badUsage('selftest', '--facts: want name=value,...');
      return [pair[1] ?? '', pair[2] ?? ''] as const;
    }),
  );
};

/** What of the machine goes into the archive. */
const describe = ({ kernel, chip, board, cores, clockHertz, interrupts }: Machine) => ({
  kernel,
  chip,
  board,
  cores: cores.length,
  clockHertz,
  interrupts: interrupts.map(({ name, cpus }) => ({ name, cpus })),
});

const localRun = (parsed: Arguments, addon: Addon): RunFolder => {
  const device = parsed.values['device'] ?? 'npu';
  if (device !== 'npu' && device !== 'software')
    throw badUsage('selftest', `--device ${device}: only npu and software are known`);
  const facts = factsOption(parsed, device === 'software');
  for (const [name, value] of Object.entries(facts)) {
    const wrong = addon.checkOption('facts', `${name}=${value}`);
    if (wrong !== '') throw badUsage('selftest', wrong);
  }
  if (device === 'npu') {
    const { presence, text } = addon.findNpu('');
    const why = text === '' ? 'no Rockchip NPU on this machine' : text;
    if (presence !== 'ready')
      throw new PtfeError(
        'bad-usage',
        'selftest',
        why,
        'ptfe doctor; --device software runs the ladder against itself',
      );
  }
  return {
    rungs: ladder(parsed.positionals.flatMap(modelRungs)),
    device: ({ plan, inputs }) => addon.planRun(plan, inputs, { device, facts }),
  };
};

const rungText = ({ name, state, text, tasks, milliseconds, explainedBy }: RungResult): string => {
  const why =
    state === 'differs' ? `; ${explainedBy.length === 0 ? 'no reading explains it' : explainedBy.join(' or ')}` : '';
  return `  ${state.padEnd(8)}${name} (${tasks} tasks, ${milliseconds} ms)${text === '' ? '' : `: ${text}${why}`}\n`;
};

const factText = ({ name, assumed, state, readings }: FactResult): string | null => {
  switch (state) {
    case 'assumed':
      return `  ${name}: ${assumed}, as assumed\n`;
    case 'untold':
      return `  ${name}: one of ${readings.join(', ')}\n`;
    case 'other':
      return `  ${name}: ${readings.join(' or ')}, NOT ${assumed}\n`;
    case 'unexplained':
      return `  ${name}: no reading gives the device's values\n`;
    case 'untried':
      return null;
  }
};

const tell = (
  { out }: Pick<Terminal, 'out'>,
  rungs: readonly RungResult[],
  facts: readonly FactResult[],
  file: string,
): void => {
  for (const rung of rungs) out(rungText(rung));
  out('what that says of the inferred facts:\n');
  for (const fact of facts) out(factText(fact) ?? '');
  const untried = facts.filter(({ state }) => state === 'untried').map(({ name }) => name);
  if (untried.length > 0) out(`  no rung rests on: ${untried.join(', ')}\n`);
  const same = rungs.filter(({ state }) => state === 'same').length;
  out(`${same} of ${rungs.length} rungs gave the software NPU's values; to send back: ${file}\n`);
};

/** A rung of a folder may be damaged: the software NPU then has no values for it. @throws PtfeError `bad-plan` */
const inRung = <T>({ name }: Rung, judge: () => T): T => {
  try {
    return judge();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new PtfeError('bad-plan', `rung "${name}"`, text, 'ptfe selftest --write FOLDER');
  }
};

const taken = {
  device: { type: 'string' },
  facts: { type: 'string' },
  write: { type: 'string' },
  read: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const selftestCommand: Subcommand = {
  name: 'selftest',
  summary: 'the first hour on silicon: a ladder on the NPU against the software NPU',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('selftest', args, taken);
    const { write, read } = parsed.values;
    if (read !== undefined && (write !== undefined || parsed.positionals.length > 0))
      throw badUsage('selftest', '--read takes the rungs of the folder, and nothing else');
    const addon = loadAddon();
    const software: RunSoftware = ({ plan, inputs }, facts) => addon.planRun(plan, inputs, { facts });
    if (write !== undefined) {
      const rungs = ladder(parsed.positionals.flatMap(modelRungs));
      writeLadder(write, rungs, software);
      terminal.out(`${write}: ${rungs.length} rungs; on the board: run_ladder ${write} npu (examples/run_ladder.c)\n`);
      return 0;
    }
    const { rungs, device } = read === undefined ? localRun(parsed, addon) : readLadder(read);
    const results = rungs.map((rung) => inRung(rung, () => judgeRung(rung, software, device)));
    const facts = judgeFacts(results);
    const machine = read === undefined ? describe(readMachine('/')) : null;
    const answer = { version: engineVersion, machine, silentFacts, rungs: results, facts };
    const file = outputOption('selftest', parsed) ?? archiveName;
    writeOutput(terminal, file, gzipSync(JSON.stringify(answer)));
    if (parsed.flags.has('json')) printJson(terminal, answer);
    else tell({ out: sayOf(terminal, file) }, results, facts, file);
    return results.every(({ state }) => state === 'same') ? 0 : 1;
  },
};
