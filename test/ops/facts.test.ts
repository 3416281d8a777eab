import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { facts } from '../../src/hardware/facts.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { buildModel, modelChoice } from './random_model.js';

/**
 * What each inferred fact carries: a fixed set of models is run with every fact flipped to every other value. Printed as
 * a table: how many models change, how many of their values, by how much. A change that no operation of the plan
 * announced is a failure: plans must name what they rest on.
 */
const models = fc.sample(modelChoice, { numRuns: 60, seed: 20 }).map(buildModel);

interface Run {
  readonly title: string;
  readonly plan: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  readonly announced: ReadonlySet<string>;
  readonly outputs: readonly Uint8Array[];
}

/** Names in the facts section of a plan (records of section 6, strings of section 7). */
const announcedFacts = (plan: Uint8Array): ReadonlySet<string> => {
  const view = new DataView(plan.buffer, plan.byteOffset, plan.byteLength);
  const section = (i: number): readonly [number, number] => [
    view.getUint32(64 + 8 * i, true),
    view.getUint32(68 + 8 * i, true),
  ];
  const [[records, count], [strings]] = [section(6), section(7)];
  return new Set(
    Array.from({ length: count }, (_, i) => {
      const at = strings + view.getUint32(records + 8 * i, true);
      return new TextDecoder().decode(plan.subarray(at, at + view.getUint32(records + 8 * i + 4, true)));
    }),
  );
};

const compiled = (addon: Addon): readonly Run[] =>
  models.map((model) => {
    const [part] = compileTflite(model.bytes).parts;
    if (part === undefined) throw new Error(`${model.title}: no part`);
    const pictures = new Map(model.spec.inputs.map((tensor, i) => [tensor, model.inputs[i] ?? new Uint8Array()]));
    const inputs = part.inputs.map((tensor) => pictures.get(tensor) ?? new Uint8Array());
    return {
      title: model.title,
      plan: part.plan,
      inputs,
      announced: announcedFacts(part.plan),
      outputs: addon.planRun(part.plan, inputs, {}),
    };
  });

const signedDistance = (a: number, b: number, type: 'int8' | 'uint8'): number =>
  Math.abs(type === 'int8' ? ((a << 24) >> 24) - ((b << 24) >> 24) : a - b);

/** Facts that change how a task may be written down, not its values; a flip makes the software NPU refuse it. */
const shapeFacts = new Set(['padding_surface_overrun', 'three_atom_rows', 'ew_small_planes']);

describe('inferred facts, each flipped', function () {
  this.timeout(300_000);

  it('what breaks, and by how many counts', function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    const runs = compiled(addon);
    const unannounced: string[] = [];
    console.log(
      `      ${'fact = value'.padEnd(44)} ${'rest on it'.padStart(10)} ${'change'.padStart(7)} ${'values'.padStart(9)} ${'largest'.padStart(8)}`,
    );
    for (const fact of facts) {
      for (const value of fact.values.slice(1)) {
        let [changed, differing, values, largest, refused] = [0, 0, 0, 0, 0];
        for (const [i, run] of runs.entries()) {
          const type = models[i]?.choice.type ?? 'int8';
          let own = 0;
          try {
            addon.planRun(run.plan, run.inputs, { facts: { [fact.name]: value } }).forEach((output, t) => {
              const expected = run.outputs[t] ?? new Uint8Array();
              values += output.length;
              for (let k = 0; k < output.length; k++) {
                const distance = signedDistance(output[k] ?? 0, expected[k] ?? 0, type);
                if (distance > 0) own++;
                largest = Math.max(largest, distance);
              }
            });
          } catch {
            refused++;
          }
          if (own > 0) changed++;
          differing += own;
          if (own > 0 && !run.announced.has(fact.name) && !shapeFacts.has(fact.name))
            unannounced.push(`${fact.name}=${value}: ${run.title}`);
        }
        const resting = runs.filter(({ announced }) => announced.has(fact.name)).length;
        const share = values === 0 ? '-' : `${((100 * differing) / values).toFixed(3)} %`;
        console.log(
          `      ${`${fact.name} = ${value}`.padEnd(44)} ${String(resting).padStart(10)} ${String(changed).padStart(7)} ${share.padStart(9)} ${String(largest).padStart(8)}${refused > 0 ? `  (${refused} refused)` : ''}`,
        );
      }
    }
    expect(unannounced, 'changes that no plan announced').to.deep.equal([]);
  });
});
