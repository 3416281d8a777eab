/** The page: a model is dropped, reported and run. */
import type { ModelReport } from '../../src/report/model_report.js';
import { CpuNodesError, Model, report } from '../../src/browser.js';
import { html } from '../report/dom.js';
import { plural, time } from '../report/numbers.js';
import { renderReports } from '../report/render.js';
import { opened } from './opened.js';
import { codesOfPixels, highest, pictureShape } from './picture.js';
import { sources } from './sources.js';

const element = <E extends HTMLElement>(id: string, kind: new () => E): E => {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${id} in the page`);
  return found;
};

const [drop, file, status, run] = [
  element('drop', HTMLElement),
  element('file', HTMLInputElement),
  element('status', HTMLElement),
  element('run', HTMLElement),
];
const [canvas, answer, scores] = [
  element('input', HTMLCanvasElement),
  element('answer', HTMLElement),
  element('scores', HTMLTableElement),
];

const say = (text: string, isError = false): void => {
  status.textContent = text;
  status.classList.toggle('error', isError);
};

let model: Model | null = null;
let stopLast: AbortController | null = null;

/** One run on what the canvas shows; an older one that is not done is given up. */
const infer = async (): Promise<void> => {
  const [info] = model?.inputs ?? [];
  const [output] = model?.outputs ?? [];
  const shape = info === undefined ? null : pictureShape(info);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (model === null || info === undefined || output === undefined || shape === null || context === null) return;
  stopLast?.abort();
  const stop = new AbortController();
  stopLast = stop;
  const { data } = context.getImageData(0, 0, shape.width, shape.height);
  const start = performance.now();
  try {
    const [codes] = await model.run([codesOfPixels(data, info, shape)], { signal: stop.signal });
    if (codes === undefined) return;
    const found = highest(codes, output, 5);
    answer.textContent = `${found[0]?.place ?? ''} is highest; computed in ${time(1000 * (performance.now() - start))} on the software NPU`;
    scores.tBodies[0]?.replaceChildren(
      ...found.map(({ place, value }) =>
        html('tr', {}, html('th', { scope: 'row' }, String(place)), html('td', { class: 'number' }, value.toFixed(3))),
      ),
    );
  } catch (error) {
    if (!stop.signal.aborted) answer.textContent = error instanceof Error ? error.message : String(error);
  }
};

const { showSample, stopCamera } = sources(canvas, infer);

/** What the NPU takes of it; a model of which it takes nothing, or takes more than pictures, is reported alone. */
const openForRuns = async (bytes: Uint8Array): Promise<string> => {
  model?.close();
  model = null;
  run.hidden = true;
  const { found, note } = await opened(bytes, Model, CpuNodesError);
  if (found === null) return note;
  const [info] = found.inputs;
  const shape = info === undefined ? null : pictureShape(info);
  if (shape === null || found.inputs.length !== 1) {
    found.close();
    return 'Only models with one picture as their input can be run in this page.';
  }
  model = found;
  Object.assign(canvas, { width: shape.width, height: shape.height });
  canvas.style.width = `${Math.max(160, Math.min(320, shape.width))}px`;
  run.hidden = false;
  return note;
};

const show = async (name: string, bytes: Uint8Array, isDigits: boolean): Promise<void> => {
  stopCamera();
  say(`${name} is compiled…`);
  // A moment for the words to be seen and spoken.
  await new Promise((resolve) => setTimeout(resolve, 30));
  try {
    const found: ModelReport = report(bytes, { name });
    renderReports(element('report', HTMLElement), [found]);
    const taken = found.nodes.filter(({ target }) => target === 'npu').length;
    const note = await openForRuns(bytes);
    say(
      `${name}: ${taken} of ${plural(found.nodes.length, 'node')} on the NPU, ${time(found.sum.microseconds)} an inference by the estimate. ${note}`,
    );
    element('sample', HTMLButtonElement).hidden = !isDigits;
    if (isDigits) await showSample();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
  }
};

const showFile = async (chosen: File | undefined): Promise<void> => {
  if (chosen !== undefined) await show(chosen.name, new Uint8Array(await chosen.arrayBuffer()), false);
};

const showDigits = async (): Promise<void> => {
  const got = await fetch(new URL('models/digits_int8.tflite', document.baseURI));
  if (got.ok) await show('digits_int8.tflite', new Uint8Array(await got.arrayBuffer()), true);
  else say(`The digits cannot be had: the server answers ${got.status}`, true);
};

file.addEventListener('change', () => void showFile(file.files?.[0]));
element('digits', HTMLButtonElement).addEventListener('click', () => void showDigits());
for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', name === 'dragenter' || name === 'dragover');
  });
}
drop.addEventListener('drop', (event) => void showFile(event.dataTransfer?.files[0]));
void showDigits();
