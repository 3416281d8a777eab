/** All findings of `ptfe doctor`, in the order in which one rests on the other. */
import type { Addon } from '../cli/installation.js';
import type { Finding } from './finding.js';
import { cacheFinding, libraryFinding, nodeFinding, pythonFindings, tryAddon, tryEngine } from './installed.js';
import { readMachine } from './machine.js';
import { choiceFinding, npuFindings } from './npu_findings.js';
import { trialFinding } from './trial.js';
import { variableFindings } from './variables.js';

export interface Examined {
  readonly library: string;
  readonly engine: string;
  readonly loadAddon: () => Addon;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where the system has no numbers for users: one that owns nothing. */
const nobody = -1;

export const examine = ({ library, engine, loadAddon, environment }: Examined): readonly Finding[] => {
  const addon = tryAddon(loadAddon);
  const compiled = tryEngine(engine, environment);
  const npu = addon.addon === null ? null : addon.addon.findNpu('');
  const machine = readMachine('/');
  const identity = {
    user: process.geteuid?.() ?? nobody,
    groups: [...(process.getgroups?.() ?? []), process.getegid?.() ?? nobody],
  };
  return [
    nodeFinding(environment),
    ...pythonFindings(environment),
    libraryFinding(library),
    compiled.finding,
    addon.finding,
    trialFinding('software NPU', addon.addon, compiled.plan, 'software'),
    ...npuFindings(machine, npu, identity, process.arch),
    ...(npu?.presence === 'ready' ? [trialFinding('NPU', addon.addon, compiled.plan, 'npu')] : []),
    choiceFinding(npu, machine),
    cacheFinding(environment),
    ...variableFindings(environment, npu),
  ];
};
