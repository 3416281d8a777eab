import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { factUsage } from '../../src/explain/fact_usage.js';
import { facts } from '../../src/hardware/facts.js';
import { readPlan } from '../../src/plan/read.js';
import { loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

/**
 * What the words of a plan's tasks say they rest on, against what they rest on: every fact is flipped to every other
 * reading, and a plan whose outputs change must have said so.
 */
const models = fc.sample(modelChoice, { numRuns: 30, seed: 12 }).map(buildModel);

describe('facts that tasks rest on, by their words', function () {
  this.timeout(180_000);

  it('name every fact whose flip changes an output', function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    const unnamed: string[] = [];
    let changed = 0;
    for (const model of models) {
      const [part] = compileTflite(model.bytes).parts;
      if (part === undefined) throw new Error(`${model.title}: no part`);
      const pictures = new Map(model.spec.inputs.map((tensor, i) => [tensor, model.inputs[i] ?? new Uint8Array()]));
      const inputs = part.inputs.map((tensor) => pictures.get(tensor) ?? new Uint8Array());
      const named = new Set(
        factUsage([readPlan(part.plan)])
          .facts.filter(({ tasks }) => tasks > 0)
          .map(({ name }) => name),
      );
      const outputs = addon.planRun(part.plan, inputs, {});
      for (const { name, values, checked } of facts) {
        for (const value of checked ? [] : values.slice(1)) {
          let other: readonly Uint8Array[];
          try {
            other = addon.planRun(part.plan, inputs, { facts: { [name]: value } });
          } catch {
            if (!named.has(name)) unnamed.push(`${name}=${value} refused: ${model.title}`);
            continue;
          }
          const same = other.every((bytes, i) => Buffer.compare(bytes, outputs[i] ?? new Uint8Array()) === 0);
          if (!same) changed++;
          if (!same && !named.has(name)) unnamed.push(`${name}=${value}: ${model.title}`);
        }
      }
    }
    expect(unnamed, 'flips that no task named').to.deep.equal([]);
    expect(changed).to.be.greaterThan(20);
  });
});
