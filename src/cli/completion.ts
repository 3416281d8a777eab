/** `ptfe completion`: what a shell completes, from the options that the commands take. */
import { chips, optionName } from '../hardware/chips.js';
import { interruptCpus } from '../hardware/machine.js';
import { stageNames } from '../stages.js';
import { sentWords } from '../wire/sent_options.js';
import { badUsage, type CommandOptions, onePositional, readArguments } from './arguments.js';
import type { Subcommand } from './subcommand.js';

const usage = `ptfe completion bash|zsh|fish

Prints a script with which the shell completes commands, options and their values:

  bash  ptfe completion bash > ~/.local/share/bash-completion/completions/ptfe
  zsh   ptfe completion zsh > ~/.zfunc/_ptfe    (a folder of fpath, before compinit)
  fish  ptfe completion fish > ~/.config/fish/completions/ptfe.fish
Exit codes: 0 success; 2 usage error.
`;

/** Options whose values are known words. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  trust: sentWords('trust'),
  parts: sentWords('parts'),
  precision: sentWords('precision'),
  numerics: ['auto', ...sentWords('numerics')],
  cores: sentWords('cores'),
  'interrupt-cpu': interruptCpus,
  chip: chips.map(({ name }) => optionName(name)),
  after: stageNames,
  device: ['auto', 'npu', 'software'],
};

/** Every command takes them (cli/index.ts). */
export const globalOptions = {
  help: { type: 'boolean', short: 'h' },
  quiet: { type: 'boolean', short: 'q' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies CommandOptions;

const optionsOf = ({ options }: Subcommand) => Object.entries<CommandOptions[string]>({ ...options, ...globalOptions });

const flagsOf = (command: Subcommand): readonly string[] =>
  optionsOf(command).flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);

const bashText = (commands: readonly Subcommand[]): string => {
  const values = Object.entries(wordsOf).map(
    ([name, words]) => `    --${name}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")); return;;`,
  );
  const flags = commands.map(
    (one) => `    ${one.name}) words='${flagsOf(one).join(' ')} ${(one.topics ?? []).join(' ')}';;`,
  );
  return `# ptfe for bash; made by ptfe completion bash
_ptfe() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} help --version' -- "$word"))
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${flags.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
}
complete -o filenames -F _ptfe ptfe
`;
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const zshText = (commands: readonly Subcommand[]): string => {
  const rows = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  const cases = commands.map((command) => {
    const specs = optionsOf(command).map(([name, { type }]) => {
      const words = wordsOf[name];
      const action = words === undefined ? '_files' : `(${words.join(' ')})`;
      return quoted(`--${name}${type === 'string' ? `=:${name}:${action}` : ''}`);
    });
    const topics = command.topics === undefined ? '_files' : `{_values topic ${command.topics.join(' ')}; _files}`;
    return `    ${command.name}) _arguments ${specs.join(' ')} ${quoted(`*:file:${topics}`)};;`;
  });
  return `#compdef ptfe
# made by ptfe completion zsh
_ptfe() {
  local -a commands=(
${rows.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
_ptfe "$@"
`;
};

const fishText = (commands: readonly Subcommand[]): string =>
  [
    '# ptfe for fish; made by ptfe completion fish',
    ...commands.flatMap((command) => {
      const { name, summary, topics = [] } = command;
      const inside = `complete -c ptfe -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c ptfe -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
        ...topics.map((topic) => `${inside} -a ${topic}`),
        ...optionsOf(command).map(([option, { type, short }]) => {
          const words = wordsOf[option];
          const value = type === 'boolean' ? '' : words === undefined ? ' -r' : ` -x -a '${words.join(' ')}'`;
          return `${inside} -l ${option}${short === undefined ? '' : ` -s ${short}`}${value}`;
        }),
      ];
    }),
    '',
  ].join('\n');

const shells = { bash: bashText, zsh: zshText, fish: fishText } as const;

/** @param commands all of ptfe's */
export const completionCommand = (commands: () => readonly Subcommand[]): Subcommand => ({
  name: 'completion',
  summary: 'what bash, zsh or fish completes',
  usage,
  options: {},
  topics: Object.keys(shells),
  run: (args, terminal) => {
    const shell = onePositional('completion', readArguments('completion', args, {}), 'shell');
    const made = Object.entries(shells).find(([name]) => name === shell);
    if (made === undefined) throw badUsage('completion', `${shell}: only ${Object.keys(shells).join(', ')} are known`);
    terminal.out(made[1](commands()));
    return 0;
  },
});
