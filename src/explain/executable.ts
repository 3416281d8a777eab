/** Which programs the software NPU may be given: a program for another chip or in another precision is refused by name. */
import { fieldValue, findRegister, precisions, registers, type Register, writeTargets } from '../hardware/registers.js';
import type { Refusal } from '../ops/shared/rule.js';
import type { Program, ProgramWord } from './program.js';

const precisionRegisters: readonly Register[] = [
  findRegister('CNA', 'CONV_CON1'),
  findRegister('CORE', 'MISC_CFG'),
  findRegister('DPU', 'DATA_FORMAT'),
  findRegister('DPU_RDMA', 'RDMA_FEATURE_MODE_CFG'),
];

const wrongPrecision = ({ offset, value }: ProgramWord): string | null => {
  const register = precisionRegisters.find((candidate) => candidate.offset === offset);
  for (const field of register?.fields ?? []) {
    const code = field.name.endsWith('_PRECISION') ? fieldValue(value, field) : 0;
    if (code !== 0)
      return `${register?.block ?? ''}.${register?.name ?? ''} ${field.name} is ${precisions[code] ?? code}`;
  }
  return null;
};

/** Blocks whose registers a task of the software NPU may write, and the words of its tail. */
const knownOffsets: ReadonlySet<number> = new Set(
  registers.filter(({ block }) => block in writeTargets).map(({ offset }) => offset),
);

/** @returns null when nothing speaks against executing it; the software NPU checks values itself */
export const executionRefusal = ({ chip, tasks }: Program): Refusal | null => {
  if (chip !== 'rk3588')
    return { rule: 'chip', text: `a program for the ${chip.toUpperCase()}: its registers are packed another way` };
  for (const [t, { words }] of tasks.entries()) {
    for (const word of words) {
      const wrong = wrongPrecision(word);
      if (wrong !== null) return { rule: 'precision', text: `task ${t}: ${wrong} (the software NPU calculates int8)` };
      if (!knownOffsets.has(word.offset) && word.offset !== 0)
        return { rule: 'register', text: `task ${t}: 0x${word.offset.toString(16)} is no register of the RK3588` };
    }
  }
  return null;
};
