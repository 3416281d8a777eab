/** SUPPORTED_OPS.md from the rules of src/ops: the same texts that refuse a node. */
import type { Chip } from '../hardware/chips.js';
import { composites, operators } from '../ops/index.js';
import { type RuleText, textOf } from '../ops/shared/rule.js';
import { partRules } from '../partition/part_rules.js';
import { axesText, rewrites } from '../rewrite/index.js';

const ruleTable = (rules: readonly RuleText[], chip: Chip): readonly string[] => [
  '| rule | what it asks for |',
  '| --- | --- |',
  ...rules.map(({ name, text }) => `| ${name} | ${textOf(text, chip).replaceAll('|', '\\|')} |`),
  '',
];

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
    '## Nodes that run as one',
    '',
    'Found before any rule is asked (`src/rewrite`). The nodes have the verdict of the op that they become; one whose result',
    'something else reads too runs by itself as well, and a part that has only some of the nodes has these one by one.',
    '',
    ...[...rewrites.map(({ text }) => text), axesText].map((text) => `- ${text}`),
    '',
    "Ops that are not TFLite's own:",
    '',
    ...[...composites.values()].flatMap(({ op, rules }) => [`### ${op}`, '', ...ruleTable(rules, chip)]),
    ...[...operators.values()].flatMap(({ op, rules, host }) => [
      `## ${op}`,
      '',
      ...ruleTable(rules, chip),
      ...(host === undefined
        ? []
        : [
            `Otherwise on the host (${textOf(host.fact, chip)}), where that keeps a part together, with ` +
              `${host.rules.map(({ text }) => textOf(text, chip)).join('; ')}.`,
            '',
          ]),
    ]),
  ].join('\n');
