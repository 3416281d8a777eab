import { expect } from 'chai';
import { compileOperation } from '../../../src/lab/mesa/compile.js';
import { asMesa } from '../../../src/lab/mesa/defects.js';
import { recognize } from '../../../src/lab/mesa/recognize.js';
import { boAt } from '../../../src/lab/stream/recording.js';
import { goldenNames } from '../../npu/golden.js';
import { goldenOrSkip } from './golden.js';

const expected = {
  'mobilenet_v1_0.25_128_quant': { layers: 28, tasks: 28 },
  'mobilenet_v1_0.5_160_quant': { layers: 28, tasks: 29 },
  'coco_ssd_mobilenet_v1_1.0_quant': { layers: 41, tasks: 63 },
  posenet_mobilenet_v1_075_353_481_uint8_nodecoder: { layers: 31, tasks: 89 },
} as const;

/** The model of Mesa in src/lab/mesa/ against what Mesa itself emitted: it may stand for Mesa where no recording is. */
describe('Mesa in src/lab/mesa/ and the recorded streams: the same words and bytes', () => {
  for (const name of goldenNames) {
    it(name, function () {
      const { recording, graph } = goldenOrSkip(this, name);
      let [words, tasks] = [0, 0];
      const layers = recognize(recording, graph);
      for (const layer of layers) {
        if (layer.node === null) throw new Error(`task ${layer.stream.firstTask}: no node has its weights`);
        const { stream, node, operation } = layer;
        const compiled = compileOperation(operation, asMesa);
        const bias = boAt(recording, stream.at.bias);
        const bytes = new Uint8Array(bias?.size ?? 0);
        bytes.set(bias?.bytes ?? []);
        expect(new Uint8Array(compiled.bias.buffer), `bias of #${node.index}`).to.deep.equal(bytes);
        expect(boAt(recording, stream.at.output)?.size, `output of #${node.index}`).to.be.at.least(
          compiled.outputBytes,
        );
        const made = compiled.words(stream.at);
        expect(made.length, `tasks of #${node.index}`).to.equal(stream.tasks.length);
        stream.tasks.forEach((task, i) => {
          expect(made[i], `task ${i} of #${node.index}`).to.deep.equal(task.commands);
          words += task.commands.length;
          tasks++;
        });
      }
      expect({ layers: layers.length, tasks }).to.deep.equal(expected[name]);
      console.log(`      ${layers.length} layers, ${tasks} tasks, ${words} words; weights and biases: all equal`);
    });
  }
});
