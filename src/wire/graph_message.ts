/**
 * The graph message: what the delegate tells the engine of TFLite's graph. `message.ts` and `write_message.ts` go by these
 * tables, `delegate/graph/capture.c` by what `npm run generate` makes of them.
 */
import { codes, i32, record, u32 } from './record.js';
import { f32s, i32s, many, run, sequence, text } from './sequence.js';

export const messageMagic = 0x47465450;
export const messageVersion = 1;

export const messageHeader = record('message_header', 'The beginning of a graph message; the three lists follow.', {
  magic: u32,
  version: u32,
});

export const messageOption = sequence('message_option', 'An option of the delegate that decides what plans are like.', {
  key: text,
  value: text,
});

/** Bits of a tensor's flags. */
export const tensorFlags = codes('message_flags', 'TENSOR', 'Bits of a tensor.', {
  constant: 1,
  variable: 2,
  dynamic: 4,
});

export const messageTensor = sequence(
  'message_tensor',
  "A tensor that a node reads or writes. `type`: TFLite's number; `axis`: that of scales for each channel; `data`: bytes of a constant.",
  {
    index: u32,
    type: u32,
    flags: u32,
    shape: i32s,
    scales: f32s,
    zeroPoints: i32s,
    axis: i32,
    name: text,
    data: run,
  },
);

export const messageNode = sequence(
  'message_node',
  'A node. `custom_name` is empty for built-in operators; inputs of -1 are absent; options in the order of src/tflite/operators.ts.',
  { index: u32, code: i32, version: i32, customName: text, inputs: i32s, outputs: i32s, options: i32s },
);

export const messageLists = sequence('message_lists', 'Behind the header.', {
  options: many(messageOption),
  tensors: many(messageTensor),
  nodes: many(messageNode),
});
