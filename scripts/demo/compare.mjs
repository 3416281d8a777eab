// Runs examples/label_image.py without and with the delegate on one picture, and compares: the five best labels side
// by side, and every value of every output tensor.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepError, run, tellingLine } from './progress.mjs';

/** One run of the program: its lines, its output tensors, and what the delegate said about itself. */
async function classify({ root, python, model, image, labels, delegate, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'ptfe-demo-'));
  try {
    const args = ['examples/label_image.py', '-i', image, '-m', model, '-l', labels, '--num_threads', '1'];
    args.push('--reference', '--dump', join(folder, 'out'));
    if (delegate) args.push('-e', delegate, '-o', 'verbose: 1');
    const done = await run(python, args, { cwd: root, env });
    if (!done.ok) throw new StepError(`label_image.py failed on ${image}: ${tellingLine(done)}`);
    const files = readdirSync(folder).sort((a, b) => parseInt(a.slice(3)) - parseInt(b.slice(3)));
    return {
      labels: done.stdout.split('\n').filter((line) => /^-?[\d.]+(e[-+]?\d+)?: /.test(line)),
      milliseconds: Number(/^time: ([\d.]+) ms/m.exec(done.stdout)?.[1]),
      outputs: files.map((file) => readArray(join(folder, file))),
      summary: summaryOf(done.stderr),
      complaints: done.stderr.split('\n').filter((line) => line.startsWith('ptfe: ') && !summaryPattern.test(line)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const summaryPattern =
  /^ptfe: (\d+) of (\d+) nodes on the NPU in (\d+) partition\(?s?\)?, (\d+) tasks?, estimated ([\d.]+) ms on (\w+)/m;

/** What ran on the NPU, from the delegate's line at verbose=1; undefined where it took nothing. */
function summaryOf(text) {
  const [, onNpu, nodes, partitions, tasks, milliseconds, chip] = summaryPattern.exec(text) ?? [];
  return chip && { onNpu, nodes, partitions, tasks, milliseconds, chip };
}

/** The values of a .npy file: codes of quantized tensors, numbers of others. */
function readArray(path) {
  const file = readFileSync(path);
  const start = 10 + file.readUInt16LE(8);
  const type = /'descr': '([^']+)'/.exec(file.toString('latin1', 10, start))?.[1];
  const bytes = Uint8Array.from(file.subarray(start)).buffer;
  switch (type) {
    case '|u1':
      return new Uint8Array(bytes);
    case '|i1':
      return new Int8Array(bytes);
    case '<f4':
      return new Float32Array(bytes);
    case '<i4':
      return new Int32Array(bytes);
    case '<i8':
      return new BigInt64Array(bytes);
    default:
      throw new StepError(`${path}: type ${type} of an output is not known here`);
  }
}

/** Values, equal ones, and the largest difference (counts of a quantized tensor) over all outputs. */
export function compareOutputs(expected, got) {
  let [values, equal, largest] = [0, 0, 0];
  expected.forEach((tensor, index) => {
    const other = got[index] ?? [];
    values += tensor.length;
    tensor.forEach((value, at) => {
      const apart = Math.abs(Number(value) - Number(other[at]));
      if (apart === 0) equal++;
      else largest = Math.max(largest, Number.isNaN(apart) ? Infinity : apart);
    });
  });
  return { values, equal, largest };
}

/** Both runs of one picture. */
export async function compareOn(setting) {
  const cpu = await classify({ ...setting, delegate: undefined });
  const npu = await classify(setting);
  return { cpu, npu, ...compareOutputs(cpu.outputs, npu.outputs) };
}

export const equality = ({ values, equal, largest }) =>
  `${equal} of ${values} outputs equal${equal === values ? '' : ` (largest difference ${largest})`}`;

/** The two lists beside each other. */
export function sideBySide({ cpu, npu }) {
  const width = Math.max(28, ...cpu.labels.map((line) => line.length)) + 2;
  const heading = [`  ${'without delegate'.padEnd(width)}with libptfe.so`];
  const lines = cpu.labels.map((line, at) => `  ${line.padEnd(width)}${npu.labels[at] ?? ''}`);
  const times = `  ${`time: ${cpu.milliseconds} ms`.padEnd(width)}time: ${npu.milliseconds} ms (software NPU on this CPU)`;
  return [...heading, ...lines, times].join('\n');
}

export const npuLine = ({ npu: { summary, complaints } }) =>
  summary
    ? `on the NPU: ${summary.onNpu} of ${summary.nodes} nodes in ${summary.partitions} partition(s), ` +
      `${summary.tasks} tasks, estimated ${summary.milliseconds} ms on ${summary.chip}`
    : `on the NPU: nothing${complaints.length > 0 ? ` (${complaints.at(-1)})` : ''}`;
