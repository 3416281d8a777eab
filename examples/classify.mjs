// Classifies a picture on the NPU, or where there is none on the software NPU:
//     node examples/classify.mjs examples/digits_int8.tflite examples/digits_labels.txt examples/pictures/digit_3.png
import { readFileSync } from 'node:fs';
import { CpuNodesError, Model } from 'ptfe';
import { readPng } from './png.mjs';
import { codesOf, probabilitiesOf } from './scores.mjs';

/** The model, up to what its own SOFTMAX reads where that stays on the CPU. */
async function open(bytes) {
  try {
    return await Model.open(bytes);
  } catch (error) {
    if (!(error instanceof CpuNodesError) || error.before.length === 0) throw error;
    return Model.open(bytes, { outputs: error.before });
  }
}

const [modelFile, labelFile, pictureFile] = process.argv.slice(2);
const model = await open(readFileSync(modelFile));
const [input] = model.inputs;
const { channels, pixels } = readPng(readFileSync(pictureFile));
if (pixels.length !== input.length)
  throw new Error(`the picture must be ${input.shape.join('x')}, with ${channels} channels`);

const [codes] = await model.run([
  codesOf(
    Array.from(pixels, (pixel) => pixel / 255),
    input,
  ),
]);
const labels = readFileSync(labelFile, 'utf8').trim().split('\n');
const scores = probabilitiesOf(codes, model.outputs[0])
  .map((score, i) => ({ score, label: labels[i] }))
  .sort((a, b) => b.score - a.score);
console.log(`on ${model.device}:`);
for (const { score, label } of scores.slice(0, 3)) console.log(`${score.toFixed(3)}  ${label}`);
model.close();
