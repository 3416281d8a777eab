/** SUPPORTED_OPS.md from the rules of src/ops: the same texts that refuse a node. */
import { operators } from '../ops/index.js';

export const supportedOpsText = (): string =>
  [
    '# What runs on the NPU',
    '',
    'Generated from the rules in `src/ops` by `npm run generate`. A node that breaks a rule stays on the CPU (with what it',
    'feeds still free to run on the NPU), and `verbose=1` or `ptfe check` names the rule.',
    '',
    ...[...operators.values()].flatMap(({ op, rules }) => [
      `## ${op}`,
      '',
      '| rule | what it asks for |',
      '| --- | --- |',
      ...rules.map(({ name, text }) => `| ${name} | ${text.replaceAll('|', '\\|')} |`),
      '',
    ]),
  ].join('\n');
