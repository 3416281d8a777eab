/** docs/options.md: the table of options for people, with an example of each. */
import { type DelegateOption, delegateOptions, variableOf } from './delegate_options.js';

interface Explained {
  readonly example: string;
  readonly more: string;
}

/** By option; a new one without an entry here is an error of `npm run generate`. */
const explained: Readonly<Record<string, Explained>> = {
  device: {
    example: 'npu',
    more: "`auto`: the NPU where it works, TFLite's kernels on a board where it cannot be used, else the software NPU. `npu`: fails with the reason where there is none. `software`: bit-exact and slow. `none`: TFLite's kernels alone.",
  },
  chip: { example: 'rk3588', more: 'Programs are made for this chip; a plan of another one is refused.' },
  cache: {
    example: '/var/cache/ptfe',
    more: 'Default: `$XDG_CACHE_HOME/ptfe`, or `~/.cache/ptfe`. Read and written only where nobody but the user and root can write. At most 512 MiB; plans that were used least lately go first.',
  },
  node: {
    example: '/opt/node/bin/node',
    more: 'A name without a slash is looked for in PATH. Needed only where a plan is neither in the cache nor a file.',
  },
  engine: { example: '/opt/ptfe/engine.mjs', more: 'Where the library was copied without `engine.mjs` beside it.' },
  timeout: {
    example: '600',
    more: 'For large models on small boards. Compiling elsewhere (`ptfe compile`) needs none.',
  },
  memory: {
    example: '2048',
    more: 'For models of hundreds of layers; the child ends with a line where it is too little.',
  },
  verbose: {
    example: '1',
    more: 'One line for each node that falls back, with the rule and what was seen, and a summary.',
  },
  profile: {
    example: 'trace.json',
    more: 'Open it at ui.perfetto.dev. Whole after each run; a forked process adds its number to the name.',
  },
  trust: {
    example: 'seen',
    more: 'Takes a node only where boards, a shipped driver or a shipped compiler have shown all that it rests on (`ptfe npu facts`), roundings of ties aside.',
  },
  parts: { example: 'all', more: 'By default a partition that would cost more than it saves stays on the CPU.' },
  precision: {
    example: 'best',
    more: '`fast`: the fewest tasks; outputs within 1 LSB of TFLite, some values in 100,000 off by it. `best`: a few in a million, with about a third more time on models with linear layers; not with `trust=seen`.',
  },
  numerics: {
    example: 'litert-2.3',
    more: "TFLite's releases differ by an LSB here and there. `auto` asks the host's own kernels, else goes by its version.",
  },
  facts: {
    example: 'bn_shift_rounding=half_even',
    more: 'What-if: other readings of undocumented hardware behaviour on the software NPU.',
  },
  plan: {
    example: 'model.plan',
    more: 'What `ptfe compile MODEL -o model.plan` wrote. No compiler process is started, and no cache is used.',
  },
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const defaultOf = ({ initial }: DelegateOption): string => (initial === '' ? '(see below)' : `\`${initial}\``);

const section = (option: DelegateOption): readonly string[] => {
  const { name, text } = option;
  const known = explained[name];
  if (known === undefined) throw new Error(`option ${name} has no example in src/cli/options_page.ts`);
  const { example, more } = known;
  return [
    `## ${name}`,
    `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}. ${more}`,
    '',
    `    load_delegate(path, {"${name}": "${example}"})`,
    `    ${variableOf(option)}=${example} python3 program.py`,
    '',
  ];
};

export const optionsPage = (): string =>
  [
    '# Options of the delegate',
    '',
    'Made by `npm run generate` from `src/cli/delegate_options.ts` and `src/cli/options_page.ts`.',
    '',
    'An option goes in through the host, `load_delegate("libptfe.so", {"verbose": 1})`, or as an environment variable; the host',
    'wins. Names of files count from the folder where the delegate is made; `~/` is the home folder. A program with more rights',
    'than its user reads no variables. An unknown option or value is one line (docs/troubleshooting.md), and no delegate.',
    '',
    '| option | variable | values | default |',
    '| --- | --- | --- | --- |',
    ...delegateOptions.map(
      (option) =>
        `| [${option.name}](#${option.name}) | \`${variableOf(option)}\` | ${cell(option.allowed.replace(/[<>]/g, ''))} | ${defaultOf(option)} |`,
    ),
    '',
    ...delegateOptions.flatMap(section),
  ]
    .join('\n')
    .trimEnd() + '\n';
