import { expect } from 'chai';
import type { RunResult } from '../host/oracle.js';
import { distance } from '../models/zoo.js';
import { said, type Scenario } from './host_program.js';

/** The host ran, with TFLite's own answer, no node delegated, one line of why, and no child left. */
export function expectFallback(result: RunResult, reference: RunResult, why: RegExp): void {
  const { apart, delegated } = outcome(result, reference);
  expect(apart, 'difference to the reference kernels').to.equal(0);
  expect(delegated, 'nodes on the NPU').to.equal(0);
  expect(said(result.stderr), 'lines on stderr').to.have.lengthOf(1);
  expect(said(result.stderr)[0]).to.match(why);
}

/** The host ran on the NPU; outputs within one count for each op of the longest path. */
export function expectDelegated(result: RunResult, reference: RunResult, most = 4): void {
  const { apart, delegated } = outcome(result, reference);
  expect(delegated, `nodes on the NPU (${result.stderr})`).to.be.above(0);
  expect(apart, 'difference to the reference kernels').to.be.at.most(most);
}

/** Whatever happened, the answer is right and nothing is left behind. */
export function expectRightAnswer(result: RunResult, reference: RunResult, most = 4): void {
  expect(outcome(result, reference).apart, 'difference to the reference kernels').to.be.at.most(most);
}

function outcome(result: RunResult, reference: RunResult): { readonly apart: number; readonly delegated: number } {
  if (!reference.ok) throw new Error(`TFLite alone: ${reference.error}`);
  if (!result.ok) throw new Error(`${result.error}\n${result.stderr}`);
  expect(result.children, 'child processes left').to.deep.equal([]);
  const { largest } = distance(reference.outputs[0] ?? [], result.outputs[0] ?? []);
  return { apart: largest, delegated: result.nodes.filter((node) => node.delegated).length };
}

/** A scenario ended well: all answers within `most` counts and no child process left. */
export function expectScenario({ status, signal, stderr, result }: Scenario, most = 4): void {
  expect({ status, signal }, stderr.slice(-2000)).to.deep.equal({ status: 0, signal: null });
  expect(result.children, 'child processes left').to.equal(0);
  expect(Math.max(...(result.apart ?? [])), 'difference to the reference kernels').to.be.at.most(most);
}
