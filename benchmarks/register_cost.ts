/** What tasks of a recorded stream cost by the model of src/hardware/speed.ts, from their register words alone. */
import { alignUp } from '../src/hardware/capability.js';
import type { Chip } from '../src/hardware/chips.js';
import { convWorkCycles, dpuCycles, type TaskCost } from '../src/hardware/speed.js';
import { decode } from '../src/explain/decode.js';
import type { ProgramTask } from '../src/explain/program.js';

/** A reader of a task's fields. @throws Error for one that was not written */
const fieldsOf = ({ title, words }: ProgramTask) => {
  const values = new Map<string, number>();
  for (const word of words) {
    const decoded = decode(word, 'rk3588');
    if (decoded.kind !== 'write') continue;
    for (const { name, value } of decoded.fields) values.set(`${decoded.block} ${decoded.register} ${name}`, value);
  }
  return (name: string): number => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${title}: ${name} is not written`);
    return value;
  };
};

/** A bias of 32 bits for each channel, which is all that Mesa's BS takes from memory. */
const biasBytes = 4;

/** Of a convolution, with or without an ADD of a second feature map: all that Mesa's driver makes. */
export const convolutionCost = (chip: Chip, task: ProgramTask): TaskCost => {
  const field = fieldsOf(task);
  const depthwise = field('CNA CONV_CON1 CONV_MODE') === 3;
  const positions = (field('DPU DATA_CUBE_WIDTH WIDTH') + 1) * (field('DPU DATA_CUBE_HEIGHT HEIGHT') + 1);
  const written = field('DPU DATA_CUBE_CHANNEL CHANNEL') + 1;
  const real = field('DPU DATA_CUBE_CHANNEL ORIG_CHANNEL') + 1;
  const inputChannels = field('CNA DATA_SIZE1 DATAIN_CHANNEL');
  const input = field('CNA DATA_SIZE0 DATAIN_WIDTH') * field('CNA DATA_SIZE0 DATAIN_HEIGHT') * inputChannels;
  const taps = field('CNA WEIGHT_SIZE2 WEIGHT_WIDTH') * field('CNA WEIGHT_SIZE2 WEIGHT_HEIGHT');
  const hasOperand = field('DPU_RDMA RDMA_ERDMA_CFG ERDMA_DISABLE') === 0;
  const work = { depthwise, taps, positions, inputChannels, outputChannels: real };
  return {
    cycles: Math.max(convWorkCycles(chip, work), dpuCycles(chip, positions, written)),
    bytes: {
      input: field('CNA CBUF_CON0 DATA_REUSE') === 1 ? 0 : input,
      weights: field('CNA CBUF_CON0 WEIGHT_REUSE') === 1 ? 0 : field('CNA WEIGHT_SIZE0 WEIGHT_BYTES'),
      operands: biasBytes * alignUp(real, chip.atoms.channels) + (hasOperand ? positions * written : 0),
      output: positions * written,
    },
  };
};
