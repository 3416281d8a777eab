import { expect } from 'chai';
import { PtfeError } from '../../src/error.js';
import { readMessage } from '../../src/wire/message.js';
import {
  type messageNode,
  messageHeader,
  messageLists,
  messageMagic,
  messageVersion,
} from '../../src/wire/graph_message.js';
import type { PartValue } from '../../src/wire/sequence.js';
import { Writer } from '../../src/wire/writer.js';
import { operatorCode, optionFields } from '../../src/tflite/operators.js';

const messageWith = (node: Partial<PartValue<typeof messageNode>>): Uint8Array => {
  const to = new Writer();
  const empty = { index: 0, code: 0, version: 1, customName: '', inputs: [], outputs: [], options: [] };
  to.field(messageHeader, { magic: messageMagic, version: messageVersion });
  messageLists.put(to, { options: [], tensors: [], nodes: [{ ...empty, ...node }] });
  return to.bytes();
};

describe('wire: options of a node in a message', () => {
  const ops = ['CONV_2D', 'LEAKY_RELU', 'STRIDED_SLICE'] as const;

  it('are all there, or none, which is a node without a struct', () => {
    for (const op of ops) {
      const fields = optionFields(op);
      const read = (options: readonly number[]) =>
        readMessage(messageWith({ code: operatorCode(op), options })).graph.nodes[0]?.params;
      expect(read([]), op).to.deep.equal(Object.fromEntries(fields.map(([name]) => [name, 0])));
      for (const length of [fields.length - 1, fields.length + 1]) {
        if (length === 0) continue;
        const values = Array.from({ length }, (_, i) => i + 1);
        expect(() => read(values), `${op}: ${length} options`).to.throw(PtfeError, `${op} #0: ${length} options`);
      }
    }
  });

  it('come as they were written, floats by their bits', () => {
    const values = optionFields('CONV_2D').map((_, i) => i + 3);
    const names = optionFields('CONV_2D').map(([name]) => name);
    const { params } =
      readMessage(messageWith({ code: operatorCode('CONV_2D'), options: values })).graph.nodes[0] ?? {};
    expect(params).to.deep.equal(Object.fromEntries(names.map((name, i) => [name, i + 3])));
    const half = new Int32Array(Float32Array.of(0.5).buffer);
    const leaky = messageWith({ code: operatorCode('LEAKY_RELU'), options: [...half] });
    expect(readMessage(leaky).graph.nodes[0]?.params).to.deep.equal({ alpha: 0.5 });
  });
});
