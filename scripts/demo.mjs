// `npm run demo`: from a fresh clone to pictures classified by an unchanged TFLite program, without and with
// libptfe.so, and every output value compared. It runs before `npm ci`, so it uses nothing but Node itself.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bringUpToDate } from './demo/build.mjs';
import { compareOn, equality, npuLine, sideBySide } from './demo/compare.mjs';
import { StepError } from './demo/progress.mjs';
import { pythonEnvironment } from './demo/python.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const usage = 'npm run demo [-- --model MODEL.tflite --image PICTURE --labels LABELS.txt]';

/** What is shown: a model with its labels and pictures. */
function shows({ model, image, labels }) {
  if (model || image || labels) {
    if (!model || !image || !labels) throw new StepError(`--model, --image and --labels go together: ${usage}`);
    const [modelPath, imagePath, labelPath] = [model, image, labels].map((path) => userPath(path));
    return [{ title: basename(model), model: modelPath, labels: labelPath, images: [imagePath] }];
  }
  const example = (name) => join(root, 'examples', name);
  const pictures = Array.from({ length: 10 }, (_, digit) => example(`pictures/digit_${digit}.png`));
  const own = (name, title) => ({
    title,
    model: example(`${name}.tflite`),
    labels: example('digits_labels.txt'),
    images: pictures,
  });
  const shared = join(root, '../shared/models');
  const mobilenet = {
    title: 'MobileNetV1 1.0-224, uint8 per tensor',
    model: join(shared, 'mobilenet_v1_1.0_224_quant.tflite'),
    labels: join(shared, 'samples/imagenet_labels.txt'),
    images: [join(shared, 'samples/cat.bmp')],
  };
  return [
    own('digits_int8', 'handwritten digits, int8 per channel'),
    own('digits_uint8', 'handwritten digits, uint8 per tensor'),
    ...([mobilenet.model, mobilenet.labels, ...mobilenet.images].every((path) => existsSync(path)) ? [mobilenet] : []),
  ];
}

/** A path as the person typed it: npm starts scripts in the repository, INIT_CWD is where the person stood. */
function userPath(path) {
  const full = resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
  if (!existsSync(full)) throw new StepError(`there is no ${full}`);
  return full;
}

async function show({ title, model, labels, images }, setting) {
  console.log(`\n== ${title} (${basename(model)})`);
  const [first, ...others] = images;
  const result = await compareOn({ ...setting, model, labels, image: first });
  console.log(`${basename(first)}:\n${sideBySide(result)}\n  ${npuLine(result)}\n  ${equality(result)}`);
  const total = {
    values: result.values,
    equal: result.equal,
    largest: result.largest,
    idle: result.npu.summary ? 0 : 1,
  };
  for (const image of others) {
    const next = await compareOn({ ...setting, model, labels, image });
    console.log(
      `${basename(image)}: ${next.cpu.labels[0]} | ${next.npu.labels[0]} | ${equality(next)}${next.npu.summary ? '' : ' | nothing on the NPU'}`,
    );
    total.values += next.values;
    total.equal += next.equal;
    total.largest = Math.max(total.largest, next.largest);
    total.idle += next.npu.summary ? 0 : 1;
  }
  if (others.length > 0) console.log(`${images.length} pictures: ${equality(total)}`);
  return total;
}

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new StepError(`Node ${process.versions.node}: needs 20.19 or later`);
  const options = { model: { type: 'string' }, image: { type: 'string' }, labels: { type: 'string' } };
  let chosen;
  try {
    chosen = shows(parseArgs({ options }).values);
  } catch (error) {
    throw error instanceof StepError ? error : new StepError(`${error.message}\n  ${usage}`);
  }
  const { python, runtime } = await pythonEnvironment(root);
  await bringUpToDate(root);

  const plans = join(root, '.cache/plans');
  mkdirSync(plans, { recursive: true });
  const env = { PTFE_CACHE: plans, PTFE_NODE: process.execPath, ...process.env, TF_CPP_MIN_LOG_LEVEL: '1' };
  const setting = { root, python, delegate: join(root, 'build/Release/libptfe.so'), env };
  console.log(`\nexamples/label_image.py with ${runtime}, TFLite's reference kernels on the CPU, one thread;`);
  console.log('left: TFLite alone. Right: the same program with -e build/Release/libptfe.so.');
  const totals = [];
  for (const one of chosen) totals.push(await show(one, setting));
  const sum = (key) => totals.reduce((whole, total) => whole + total[key], 0);
  console.log(`\n${sum('equal')} of ${sum('values')} outputs equal`);
  if (sum('idle') > 0) {
    throw new StepError(
      `in ${sum('idle')} runs with the delegate nothing ran on the NPU: the equal outputs prove nothing`,
    );
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof StepError ? `demo: ${error.message}` : error);
  process.exitCode = 1;
}
