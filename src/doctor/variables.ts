/** The PTFE_* variables that are set, as the delegate would read them. */
import { readFileSync } from 'node:fs';
import type { NpuPresence } from '../cli/installation.js';
import { plansOfFile } from '../cli/plan_file.js';
import { type DelegateOption, delegateOptions, variableOf } from '../wire/delegate_options.js';
import { valueFault } from '../wire/option_values.js';
import { failed, type Finding, messageOf, ok } from './finding.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Read by tools and tests, not by the delegate. */
const others =
  /^PTFE_(PYTHON|ADDON|LIBRARY|ALL|DEBUG|SEED|SHARED|SHOW|ONLY|LAYERS|MODELS|MODEL_FOLDER|OP_MODELS|PRELOAD|RANDOM_PROGRAMS|(TEST|FUZZ|KERNEL)\w*)$/;

const planFinding = (variable: string, path: string): Finding => {
  try {
    return ok(variable, `${path}: ${plansOfFile(readFileSync(path)).length} plans`);
  } catch (error) {
    return failed(variable, `${path}: ${messageOf(error)}`, 'ptfe compile MODEL -o PLAN');
  }
};

const variableFinding = (variable: string, value: string, npu: NpuPresence | null): Finding => {
  const option = delegateOptions.find((one: DelegateOption) => variableOf(one) === variable);
  if (option === undefined) {
    const known = delegateOptions.map(variableOf).join(' ');
    return failed(variable, 'no such option: it does nothing', `unset it; there are ${known}`);
  }
  const wrong = valueFault(option, value);
  if (wrong !== null) return failed(variable, wrong, `unset ${variable}, or give an allowed value`);
  if (option.name === 'device' && value === 'npu' && npu !== null && npu.presence !== 'ready') {
    const why = npu.text === '' ? 'no Rockchip NPU on this machine' : npu.text;
    return failed(variable, `npu: load_delegate fails here, ${why}`, `unset ${variable}`);
  }
  return option.name === 'plan' ? planFinding(variable, value) : ok(variable, value);
};

/** An empty value counts as none, as in the delegate. */
export const variableFindings = (environment: Environment, npu: NpuPresence | null): readonly Finding[] =>
  Object.entries(environment)
    .flatMap(([name, value = '']) =>
      /^PTFE_/.test(name) && value !== '' && !others.test(name) ? [[name, value] as const] : [],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => variableFinding(name, value, npu));
