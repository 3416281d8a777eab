/** `ptfe cut`: some nodes of a model as a small model of their own, to be looked at or sent to others. */
import { cutTflite } from '../explain/cut.js';
import { type CommandOptions, badUsage, outputOption, readArguments } from './arguments.js';
import { inFile, readBytes, sayOf, writeOutput } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe cut MODEL.tflite NODE[..NODE] -o FILE [--json]

Writes the nodes (numbers as ptfe check shows them) with their constants as a model of their own. What they read of other
nodes becomes its inputs.

  -o, --output FILE  where to write it; -: standard output
  --json             the answer as JSON
Exit codes: 0 success; 2 usage or input error.
`;

const rangeOf = (text: string): readonly [number, number] | null => {
  const [, first, last = first] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) return null;
  return [Number(first), Number(last)];
};

const taken = { output: { type: 'string', short: 'o' }, json: { type: 'boolean' } } as const satisfies CommandOptions;

export const cutCommand: Subcommand = {
  name: 'cut',
  summary: 'some nodes of a model as a small model of their own',
  usage,
  options: taken,
  run: (args, terminal) => {
    const given = readArguments('cut', args, taken);
    const [model, nodes, ...more] = given.positionals;
    const output = outputOption('cut', given);
    if (model === undefined || nodes === undefined || more.length > 0)
      throw badUsage('cut', 'a model and a node, or the first and the last one (3..7), are needed');
    const range = rangeOf(nodes);
    if (range === null) throw badUsage('cut', `"${nodes}" is neither a node nor two of them (3..7)`);
    if (output === undefined) throw badUsage('cut', 'no file to write to (-o FILE)');
    const cut = inFile(model, () => cutTflite(readBytes(model), ...range));
    writeOutput(terminal, output, cut);
    const [first, last] = range;
    if (given.flags.has('json')) printJson(terminal, { model, first, last, file: output, bytes: cut.byteLength });
    else sayOf(terminal, output)(`${output}: nodes ${first} to ${last}, ${cut.byteLength} bytes\n`);
    return 0;
  },
};
