import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { delegateLibrary, Oracle, type RunResult } from '../host/oracle.js';
import { type PythonEnvironment, pythonEnvironment, runtimes } from '../host/python.js';
import { type Lack, skip } from '../host/skip.js';
import { distance, modelEntries, modelFolder, modelPath, sampleInputs, topOne, zoo, zooIsHere } from './zoo.js';

/** Whole models in an unchanged Python program, with and without the delegate. PTFE_ALL=1 takes all sample pictures. */
const allSamples = process.env['PTFE_ALL'] === '1';
const convolutions = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'ADD']);
/** In the second runtime only what is quick: the delegate is the same, and so are the kernels. */
const everywhere = new Set(['mobilenet_v1_0.25_128_quant', 'pretrainedResnet_quant', 'vww_96_int8', 'kws_ref_model']);

function unavailable(environment: PythonEnvironment): Lack | null {
  if (!zooIsHere) return `shared: no models at ${modelFolder}`;
  if (!environment.available) return environment.reason;
  return existsSync(delegateLibrary) ? null : 'tool: the delegate is not built';
}

const left = (result: RunResult): readonly string[] =>
  result.ok
    ? result.nodes
        .filter(({ op, delegated }) => convolutions.has(op) && !delegated)
        .map(({ op, index }) => `${op} #${index}`)
    : [];

async function runBoth(
  oracle: Oracle,
  name: string,
  python: string,
  samples: readonly string[],
  options: Readonly<Record<string, string>> = {},
) {
  const entry = modelEntries().find((known) => known.name === name);
  if (entry === undefined) throw new Error(`${name} is not in models.json`);
  const inputs = sampleInputs(python, entry, samples);
  const reference = await oracle.run({ model: modelPath(name), inputs });
  const delegated = await oracle.run({
    model: modelPath(name),
    inputs,
    delegate: { library: delegateLibrary, options },
  });
  return { reference, delegated };
}

/** Share of the values by which the delegate may lie below XNNPACK (models of two outputs have steps of a half). */
const mostBelow = 0.5;

async function runFast(oracle: Oracle, name: string, python: string) {
  const entry = modelEntries().find((known) => known.name === name);
  const inputs = entry === undefined ? [] : sampleInputs(python, entry, ['squat.png']);
  const result = await oracle.run({ model: modelPath(name), inputs, kernels: 'default' });
  return result.ok ? (result.outputs[0] ?? []) : [];
}

describe('whole models', function () {
  this.timeout(600_000);
  for (const runtime of runtimes) {
    describe(runtime, () => {
      let oracle: Oracle | undefined;
      let python = '';
      before(function () {
        const environment = pythonEnvironment(runtime);
        const lack = unavailable(environment);
        if (lack !== null) return skip(this, lack);
        if (!environment.available) return skip(this, environment.reason);
        python = environment.python;
        oracle = new Oracle(environment);
      });
      after(async () => oracle?.stop());

      for (const { name, samples, classifier } of zoo) {
        if (runtime !== runtimes[0] && !everywhere.has(name)) continue;
        it(name, async () => {
          if (oracle === undefined) throw new Error('no oracle');
          const { reference, delegated } = await runBoth(
            oracle,
            name,
            python,
            allSamples ? samples : samples.slice(0, 2),
          );
          if (!reference.ok) throw new Error(`TFLite alone: ${reference.error}`);
          if (!delegated.ok) throw new Error(`${delegated.error}\n${delegated.stderr}`);
          const apart = reference.outputs.map((outputs, i) => distance(outputs, delegated.outputs[i] ?? []));
          const differing = apart.reduce((sum, { differing }) => sum + differing, 0);
          const values = apart.reduce((sum, { values }) => sum + values, 0);
          const mean = apart.reduce((sum, { mean }) => sum + mean, 0) / apart.length;
          const nodes = delegated.nodes.filter((node) => node.delegated).length;
          console.log(
            `      ${apart.length} samples, ${values - differing} of ${values} values equal, largest ${Math.max(...apart.map(({ largest }) => largest))}, mean ${mean.toFixed(4)}; ` +
              `${nodes} of ${delegated.nodes.length} nodes, ${delegated.partitions} parts; prepare ${delegated.prepareSeconds.toFixed(2)} s, invoke ${(delegated.invokeSeconds / apart.length).toFixed(3)} s`,
          );
          expect(left(delegated), 'left on the CPU').to.deep.equal([]);
          if (classifier) {
            expect(
              delegated.outputs.map(([first]) => topOne(first)),
              'top-1',
            ).to.deep.equal(reference.outputs.map(([first]) => topOne(first)));
          }
        });
      }

      it('every other model answers as it does without the delegate, or is refused alike', async () => {
        if (oracle === undefined) throw new Error('no oracle');
        const failures: string[] = [];
        const listed = new Set(zoo.map(({ name }) => name));
        const others = modelEntries().filter(
          ({ name }) => !listed.has(name) && (allSamples || !/deeplab|pytorch|movenet/.test(name)),
        );
        for (const { name } of others) {
          const { reference, delegated } = await runBoth(oracle, name, python, ['squat.png'], { precision: 'best' });
          if (reference.ok !== delegated.ok)
            failures.push(
              `${name}: ${reference.ok ? '' : reference.error} / ${delegated.ok ? '' : `${delegated.error} ${delegated.stderr}`}`,
            );
          if (!reference.ok || !delegated.ok) continue;
          const { values, differing, largest } = distance(reference.outputs[0] ?? [], delegated.outputs[0] ?? []);
          const nodes = delegated.nodes.filter((node) => node.delegated).length;
          console.log(
            `      ${name}: ${nodes} of ${delegated.nodes.length} nodes, ${values - differing} of ${values} values equal, largest ${largest}`,
          );
          if (nodes === 0 && differing > 0) failures.push(`${name}: other values without a node on the NPU`);
          // Single counts grow in some networks; a wrong node makes more differ than TFLite's own fast path does.
          const fast = await runFast(oracle, name, python);
          const yardstick = distance(reference.outputs[0] ?? [], fast);
          const share = (values - differing) / values;
          const fastShare = (values - yardstick.differing) / values;
          if (share < fastShare - mostBelow)
            failures.push(`${name}: ${(100 * share).toFixed(1)} % equal, XNNPACK ${(100 * fastShare).toFixed(1)} %`);
        }
        expect(failures).to.deep.equal([]);
      });
    });
  }
});
