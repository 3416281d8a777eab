// Classifies the picture of the page on the software NPU as WebAssembly. Any file server will do (`npx http-server .`), from the
// folder of the package or of the checkout: dist/browser/ and dist/ptfe.wasm are fetched.
import { Model } from '../../dist/browser/index.mjs';
import { codesOf, probabilitiesOf } from '../scores.mjs';

const bytesAt = async (url) => new Uint8Array(await (await fetch(new URL(url, import.meta.url))).arrayBuffer());

/** Shades of grey from 0 to 1, in the size of the input. */
function shadesOf(picture, [, height, width]) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, i) => data[4 * i] / 255);
}

const picture = document.getElementById('picture');
await picture.decode();
// The SOFTMAX behind this tensor stays on the CPU: without `outputs` the model would be refused, with this name.
const model = await Model.open(await bytesAt('../digits_int8.tflite'), { outputs: ['functional_1/reshape_1/Reshape'] });
const [codes] = await model.run([codesOf(shadesOf(picture, model.inputs[0].shape), model.inputs[0])]);
const scores = probabilitiesOf(codes, model.outputs[0]);
const best = scores.indexOf(Math.max(...scores));
document.getElementById('answer').textContent = `on ${model.device}: ${best} (${scores[best].toFixed(3)})`;
model.close();
