/** SUPPORTED_OPS.md from the rules of src/ops: the same texts that refuse a node. */
import type { Chip } from '../hardware/chips.js';
import { operators } from '../ops/index.js';
import { textOf } from '../ops/shared/rule.js';
import { partRules } from '../partition/part_rules.js';

export const supportedOpsText = (chip: Chip): string =>
  [
    '# What runs on the NPU',
    '',
    'Generated from the rules in `src/ops` by `npm run generate`. A node that breaks a rule stays on the CPU (with what it',
    'feeds still free to run on the NPU), and `verbose=1` or `ptfe check` names the rule. A few ops that the silicon cannot',
    'do have a small kernel on the host, which runs between two jobs of a part that would fall in two without it: at most one',
    'node of a model in twenty.',
    '',
    '## Parts',
    '',
    'Known only when a part is compiled. The node that breaks one stays on the CPU, and the graph is cut again.',
    '',
    '| rule | what it asks for |',
    '| --- | --- |',
    ...Object.entries(partRules).map(([name, { text }]) => `| ${name} | ${text} |`),
    '',
    ...[...operators.values()].flatMap(({ op, rules, host }) => [
      `## ${op}`,
      '',
      '| rule | what it asks for |',
      '| --- | --- |',
      ...rules.map(({ name, text }) => `| ${name} | ${textOf(text, chip).replaceAll('|', '\\|')} |`),
      '',
      ...(host === undefined
        ? []
        : [
            `Otherwise on the host (${textOf(host.fact, chip)}), where that keeps a part together, with ` +
              `${host.rules.map(({ text }) => textOf(text, chip)).join('; ')}.`,
            '',
          ]),
    ]),
  ].join('\n');
