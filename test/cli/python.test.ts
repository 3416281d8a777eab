// Not a unit test: it looks for Pythons, which it starts.
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../../src/cli/python.js';
import { compareLayers } from '../../src/explain/compare.js';
import { PtfeError } from '../../src/error.js';
import { readTflite } from '../../src/tflite/reader.js';
import { goldenModels } from '../golden/models.js';

describe('ptfe compare: its Python', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ptfe-python-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that says whether it has TFLite. */
  const fake = (name: string, hasTflite: boolean): string => {
    const bin = join(folder, name, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'python'), `#!/bin/sh\nexit ${hasTflite ? 0 : 3}\n`, { mode: 0o755 });
    return join(folder, name);
  };

  it('is the one that is named, else that of the active environment if it has TFLite', () => {
    const [with_, without] = [fake('with', true), fake('without', false)];
    expect(findPython('/a/python', { PTFE_PYTHON: '/b/python', VIRTUAL_ENV: with_ })).to.equal('/a/python');
    expect(findPython(undefined, { PTFE_PYTHON: '/b/python', VIRTUAL_ENV: with_ })).to.equal('/b/python');
    expect(findPython(undefined, { VIRTUAL_ENV: with_ })).to.equal(join(with_, 'bin/python'));
    try {
      expect(findPython(undefined, { VIRTUAL_ENV: without })).to.not.equal(join(without, 'bin/python'));
    } catch (error) {
      expect(error).to.be.instanceOf(PtfeError);
      expect((error as PtfeError).remedy).to.contain('pip install ai-edge-litert');
    }
  });

  it('a node of whose tensors TFLite keeps no bytes is not compared, and is not called one of the CPU', () => {
    const { graph } = readTflite(goldenModels.find(({ name }) => name === 'conv_add')?.bytes ?? new Uint8Array());
    const layers = compareLayers(graph, { trust: 'inferred' }, new Map(), () => {
      throw new Error('nothing to run');
    });
    const taken = layers.filter(({ on }) => on !== 'CPU');
    expect(taken).to.have.length.above(0);
    for (const layer of taken) expect(layer).to.satisfy((one: object) => 'left' in one || 'within' in one);
  });
});
