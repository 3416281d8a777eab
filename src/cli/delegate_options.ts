import { chips, optionName } from '../hardware/chips.js';

/** The delegate's options as people see them; delegate/util/options.c reads them (a test holds the two together). */

export interface DelegateOption {
  readonly name: string;
  /** Values between '|', or a description in <>. */
  readonly allowed: string;
  readonly initial: string;
  readonly text: string;
}

const chipNames = chips.map(({ name }) => optionName(name));

export const delegateOptions: readonly DelegateOption[] = [
  { name: 'device', allowed: 'auto|npu|software|none', initial: 'auto', text: 'what computes' },
  { name: 'chip', allowed: chipNames.join('|'), initial: chipNames[0] ?? '', text: 'what plans are compiled for' },
  { name: 'cache', allowed: '<folder>|off', initial: '', text: 'where compiled plans are kept' },
  { name: 'node', allowed: '<path of Node>', initial: '', text: 'the Node program; default from PATH' },
  { name: 'engine', allowed: '<path of engine.mjs>', initial: '', text: 'the compiler; default beside the library' },
  {
    name: 'timeout',
    allowed: '<seconds, 1 to 86400>',
    initial: '60',
    text: 'processor time for the compiler; as long without any ends it too',
  },
  { name: 'memory', allowed: '<MiB, 64 to 65536>', initial: '1024', text: "the compiler's heap" },
  { name: 'verbose', allowed: '0|1', initial: '0', text: '1 prints what runs where and why not' },
  { name: 'profile', allowed: '<file>', initial: '', text: 'a Perfetto trace, and a table for each op' },
  { name: 'trust', allowed: 'inferred|seen', initial: 'inferred', text: 'seen: only register words that were seen' },
  {
    name: 'parts',
    allowed: 'worthwhile|all',
    initial: 'worthwhile',
    text: 'all: parts that cost more than they save, too',
  },
  {
    name: 'precision',
    allowed: 'fast|best',
    initial: 'fast',
    text: 'best: as near to TFLite as the hardware comes, with more tasks',
  },
  {
    name: 'numerics',
    allowed: 'auto|tflite-2.14|litert-2.3|litert-2.4',
    initial: 'auto',
    text: "whose TFLite's numbers; auto asks the host's",
  },
  { name: 'facts', allowed: '<name=value,... of the software NPU>', initial: '', text: 'behaviours (ptfe npu facts)' },
  { name: 'plan', allowed: '<file of ptfe compile>', initial: '', text: 'a compiled model: no engine, no Node' },
];

export const variableOf = ({ name }: DelegateOption): string => `PTFE_${name.toUpperCase()}`;
