/** The built-in options of a node: the one place where an option that a model leaves out gets a value. */
import type { Node } from './graph.js';

/** @param preset of the option where the model leaves it out; most have 0, as in TFLite's C structs */
export const optionOf = ({ params }: Node, name: string, preset = 0): number => params[name] ?? preset;
