/** What TFLite's reference kernels make of the inputs of test/kernel/guest/host.c, and how other outputs differ from that. */
import { readFileSync } from 'node:fs';
import { readTflite, type TfliteModel } from '../src/tflite/reader.js';
import { elementCount, tensorAt } from '../src/graph/graph.js';
import { Oracle, type OutputTensor } from '../test/host/oracle.js';
import { CannotSetUp } from '../test/host/process.js';
import { pythonEnvironment } from '../test/host/python.js';
import type { Shown } from '../test/kernel/lines.js';

const mask = (1n << 64n) - 1n;

/** As host.c fills the inputs of a round. */
export const noise = (round: number, sizes: readonly number[]): readonly Uint8Array[] => {
  let state = 88172645463325252n + BigInt(round);
  return sizes.map((size) =>
    Uint8Array.from({ length: size }, () => {
      state = (state ^ (state << 13n)) & mask;
      state ^= state >> 7n;
      state = (state ^ (state << 17n)) & mask;
      return Number((state >> 32n) & 0xffn);
    }),
  );
};

const inputSizes = ({ graph, inputs }: TfliteModel): readonly number[] =>
  inputs.map((input) => {
    const tensor = tensorAt(graph, input);
    if (tensor?.type !== 'int8' && tensor?.type !== 'uint8')
      throw new CannotSetUp(`its input is ${tensor?.type ?? 'missing'}`);
    return elementCount(tensor.shape);
  });

/** Outputs of each round, by TFLite 2.14's reference kernels, as the guest's library is 2.14. */
export const referenceOutputs = async (
  model: string,
  rounds: number,
): Promise<readonly (readonly OutputTensor[])[]> => {
  const environment = pythonEnvironment('tflite_runtime');
  if (!environment.available) throw new CannotSetUp(environment.reason);
  const sizes = inputSizes(readTflite(readFileSync(model)));
  const oracle = new Oracle(environment);
  try {
    const inputs = Array.from({ length: rounds }, (_, round) => noise(round, sizes));
    const result = await oracle.run({ model, inputs });
    if (!result.ok) throw new CannotSetUp(`TFLite's reference kernels: ${result.error}`);
    return result.outputs;
  } finally {
    await oracle.stop();
  }
};

/** @throws Error for a type that is none of an output's here */
const valuesOf = (type: string, data: Uint8Array): ArrayLike<number> => {
  const copy = Uint8Array.from(data);
  if (type === 'uint8') return copy;
  if (type === 'int8') return new Int8Array(copy.buffer);
  if (type === 'float32') return new Float32Array(copy.buffer);
  throw new Error(`an output is ${type}`);
};

/** In words. */
export const differenceText = (expected: readonly (readonly OutputTensor[])[], shown: readonly Shown[]): string => {
  let [values, different, most] = [0, 0, 0];
  for (const [round, outputs] of expected.entries()) {
    for (const [number, { type, data }] of outputs.entries()) {
      const found = shown.find((one) => one.round === round && one.number === number);
      const got = valuesOf(type, Buffer.from(found?.bytes ?? '', 'hex'));
      const wanted = valuesOf(type, data);
      if (got.length !== wanted.length)
        throw new Error(`round ${round}, output ${number}: ${got.length} values came back`);
      for (let i = 0; i < wanted.length; i++) {
        const difference = Math.abs((wanted[i] ?? NaN) - (got[i] ?? NaN));
        if (difference !== 0) different++;
        if (difference > most) most = difference;
      }
      values += wanted.length;
    }
  }
  if (values === 0) throw new Error('no values were compared');
  return different === 0
    ? `all ${values} equal`
    : `${different} of ${values} differ, by up to ${Number(most.toPrecision(3))}`;
};
