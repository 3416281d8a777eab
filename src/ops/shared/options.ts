/** The built-in options of a node: the one place where an option that a model leaves out gets a value. */
import type { Node } from '../../graph/graph.js';

/** 0, as in TFLite's C structs, where the model leaves the option out. */
export const optionOf = ({ params }: Node, name: string): number => params[name] ?? 0;
