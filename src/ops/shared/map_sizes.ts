/**
 * The first rule of every op: what other rules, lowerings and tables calculate grows with the sizes of feature maps, which
 * are whatever a file or a program says.
 */
import { atomChannels } from '../../hardware/capability.js';
import { type Form, type OpDefinition, refused, type Rule } from './rule.js';
import { planeOf, shapeText } from '../../graph/tensor.js';

const mostMebibytes = 256;
const mostBytes = mostMebibytes * 2 ** 20;
const longestSide = 2 ** 20;

export const mapSizes: Rule = {
  name: 'size',
  text: ({ atoms }) =>
    `feature maps of at most ${mostMebibytes} MiB in the NPU's layout (${atoms.channels} channels of a pixel together), at most ${longestSide} rows, columns or channels`,
  advice: 'take smaller planes',
  broken: ({ chip, graph, node }) => {
    for (const index of [...node.inputs, ...node.outputs]) {
      const tensor = graph.tensors.get(index);
      if (tensor === undefined || tensor.constant) continue;
      const [rows, width, channels] = planeOf(tensor);
      const bytes = rows * width * atomChannels(chip, channels);
      if (bytes <= mostBytes && rows <= longestSide && width <= longestSide && channels <= longestSide) continue;
      return `a feature map of ${shapeText(tensor.shape)}`;
    }
    return null;
  },
};

const boundedForm = <Given extends Form>(form: Given): Given => ({
  ...form,
  rules: [mapSizes, ...form.rules],
  match: (context) => {
    const wrong = mapSizes.broken(context);
    return wrong === null ? form.match(context) : refused(mapSizes, wrong, context);
  },
});

/** The same op, with that rule in front. */
export const bounded = (definition: OpDefinition): OpDefinition => {
  const { host } = definition;
  return boundedForm(host === undefined ? definition : { ...definition, host: boundedForm(host) });
};
