/** `ptfe estimate`: what a plan costs by the compiler's model of the hardware, and how good that model is. */
import { type Prediction, predictions } from '../cost/published.js';
import { modelEstimateText, publishedText } from '../explain/estimate_text.js';
import { estimateModel, type ModelEstimate } from '../explain/model_estimate.js';
import { rk3588 } from '../hardware/chips.js';
import { type CommandOptions, badUsage, compileFlags, compileOptions, readArguments } from './arguments.js';
import { inFile, readBytes } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe estimate MODEL.tflite ... [--clock MHZ] [--cores 1|2|3|auto] [--exchange US] [--busy-cores N]
                    [--interrupt-cpu big|little] [--interrupt-cpus N] [--trust seen] [--parts all] [--precision best]
                    [--numerics RELEASE] [--json]
       ptfe estimate --published [--json]

What the model's plan costs on a board, by a model of the hardware: for each operation its tasks, cycles, bytes by stream,
microseconds, and what they go by: compute, memory, or the dispatch of tasks. Then jobs, sync, conversion, host, CPU.

  --clock MHZ         of the NPU (default: the mainline kernel's, ${rk3588.clocks.megahertz})
  --cores N           on which one inference runs (the delegate's option; default 1); auto: where that is quicker
  --exchange US       what it costs to wait for all cores and to start them again (default ${rk3588.dispatch.exchangeMicroseconds}), copies apart
  --busy-cores N      that work at the same time, each on a plan of its own, and share the memory (default 1)
  --interrupt-cpu X   which cores of the CPU serve the NPU's interrupts: little (default, as Linux boots) or big
  --interrupt-cpus N  how many of them: one for all cores of the NPU (default, as Linux boots), or up to one for each
  --trust seen, --parts all, --precision best, --numerics RELEASE
                      as for ptfe check
  --published         instead of a model: what others published for this chip, what the model says of it, and the error
  --json              the answer as JSON
Exit codes: 0 success; 1 the NPU takes nothing of the model; 2 usage or input error.
`;

const plainEstimate = ({ machine, parts, left, cpu, cpuAlone, total }: ModelEstimate) => {
  const { chip, ...rest } = machine;
  return {
    machine: { chip: chip.name, ...rest },
    parts: parts.map(({ part, estimate, worth }) => ({ nodes: part.nodes, ...estimate, worth })),
    cpu: { nodes: left, microseconds: cpu },
    cpuAlone,
    total,
  };
};

const plainPrediction = ({ what, unit, least, most, predicted, error, source, note }: Prediction) => ({
  what,
  unit,
  least,
  most,
  predicted,
  error,
  source,
  note,
});

const taken = {
  ...compileFlags,
  published: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const estimateCommand: Subcommand = {
  name: 'estimate',
  summary: "what a model's plan costs, by operation; how good the estimate is",
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('estimate', args, taken);
    const isJson = parsed.flags.has('json');
    if (parsed.flags.has('published')) {
      if (parsed.positionals.length > 0) throw badUsage('estimate', '--published takes no model');
      const all = predictions(rk3588);
      if (isJson) printJson(terminal, all.map(plainPrediction));
      else terminal.out(publishedText(all, terminal.width));
      return 0;
    }
    const { positionals: models } = parsed;
    if (models.length === 0) throw badUsage('estimate', 'no model given');
    const options = compileOptions('estimate', parsed);
    const estimates = models.map((model) => {
      const bytes = readBytes(model);
      return { model, estimate: inFile(model, () => estimateModel(bytes, options, 0)) };
    });
    if (isJson) {
      const all = estimates.map(({ model, estimate }) => ({ model, ...plainEstimate(estimate) }));
      printJson(terminal, all.length === 1 ? all[0] : all);
    } else
      for (const { model, estimate } of estimates) terminal.out(modelEstimateText(model, estimate, terminal.width));
    return estimates.some(({ estimate }) => estimate.parts.length > 0) ? 0 : 1;
  },
};
