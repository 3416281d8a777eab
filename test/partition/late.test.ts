import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { compileTflite } from '../../src/compile.js';
import { inRounds } from '../../src/partition/rounds.js';
import { partRefusal, refusedPart } from '../../src/partition/part_rules.js';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { pythonEnvironment, runtimes } from '../host/python.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, doubled, type OpModel } from '../ops/builder.js';
import { type Pattern, patterns } from '../rewrite/patterns.js';

/**
 * Patterns of several nodes that run as one, with every choice of their inner tensors as outputs of the graph too, and a side
 * branch that has nothing to do with them: what cannot be done takes no other node along, and all that counts nodes agrees.
 */
const modelsOf = (pattern: Pattern, title: string): readonly OpModel[] => {
  const build = (chosen: number | null): { readonly model: OpModel; readonly inner: number } => {
    const b = new Builder(5);
    const shape = [1, 6, 5, 4];
    const source = doubled(b, 'int8', b.input('int8', shape, 0.1, 3), shape, 0.1, 3);
    const side = doubled(b, 'int8', b.input('int8', shape, 0.1, 3), shape, 0.1, 3);
    const made = pattern(b, source, shape);
    const inner = made.slice(0, -1);
    const wanted = inner.filter((_, i) => chosen !== null && ((chosen >> i) & 1) === 1);
    return { model: b.model(`${title}, ${chosen ?? 0}`, [...wanted, made.at(-1) ?? -1, side]), inner: inner.length };
  };
  const { inner } = build(null);
  return Array.from({ length: 2 ** inner }, (_, chosen) => build(chosen).model);
};

describe('refusals that show when a part is compiled', () => {
  it('come to an end, and compile no part twice', () => {
    const compiled: string[] = [];
    const round = inRounds(
      (part) => {
        compiled.push(part.nodes.join());
        return part.nodes.length > 1
          ? refusedPart([partRefusal(part.nodes[0] ?? -1, 'tile', 'one')])
          : new Uint8Array(1);
      },
      ({ nodes: { length } }) => length,
    );
    let nodes = Array.from({ length: 200 }, (_, i) => i);
    for (let rounds = 0; nodes.length > 0; rounds++) {
      expect(rounds).to.be.below(70);
      const [result] = round([
        { nodes, inputs: [], outputs: [] },
        { nodes: [1000], inputs: [], outputs: [] },
      ]);
      if (result === undefined || result instanceof Uint8Array) break;
      const gone = new Set(result.refusals.map(({ node }) => node));
      nodes = nodes.filter((node) => !gone.has(node));
    }
    expect(compiled.filter((one) => one === '1000')).to.have.lengthOf(1);
  });

  for (const [title, pattern] of Object.entries(patterns)) {
    for (const runtime of runtimes) {
      it(`${title}, in ${runtime}`, async function () {
        const environment = pythonEnvironment(runtime);
        if (!environment.available) return skip(this, environment.reason);
        if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built');
        const oracle = new Oracle(environment);
        for (const model of modelsOf(pattern, title)) {
          const bytes = writeTflite(model.spec);
          const { refusals } = compileTflite(bytes, { trust: 'inferred', parts: 'all' });
          const refused = refusals.map(({ node }) => node);
          // The side branch and what stands before the pattern.
          expect(refused, model.title).to.not.include.members([0]);
          expect(refused, model.title).to.not.include.members([1]);
          const request = { model: bytes, inputs: [model.inputs] };
          const reference = await oracle.run(request);
          const options = { parts: 'all' };
          const delegated = await oracle.run({ ...request, delegate: { library: delegateLibrary, options } });
          if (!reference.ok || !delegated.ok) throw new Error(`${model.title}: no answer`);
          const left = delegated.nodes.filter((node) => !node.delegated).map(({ index }) => index);
          expect(left, `${model.title}: ${delegated.stderr}`).to.have.members(refused);
          for (const [i, { data }] of (reference.outputs[0] ?? []).entries()) {
            const got = delegated.outputs[0]?.[i]?.data ?? new Uint8Array();
            const apart = data.map((byte, at) => Math.abs(((byte ^ 0x80) & 0xff) - (((got[at] ?? 0) ^ 0x80) & 0xff)));
            expect(Math.max(...apart), `${model.title}, output ${i}`).to.be.at.most(1);
          }
        }
        await oracle.stop();
      });
    }
  }
});
