/**
 * Numbers that say what they count, where several kinds meet. A plain number fits each of them, so that nothing needs a cast; a
 * number of one kind does not fit another, and sums and products are plain numbers again.
 */
declare const kind: unique symbol;
type Counted<Kind extends string> = number & { readonly [kind]?: Kind };

export type Bytes = Counted<'bytes'>;
/** Of a pixel's channels in a surface: the DPU counts its strides in them. */
export type Atoms = Counted<'atoms'>;
/** Of a register program: 64 bits each. */
export type Words = Counted<'words'>;

/** TFLite's number of a tensor, or that of one which the compiler adds. */
export type TensorId = Counted<'tensor'>;
/** TFLite's number of a node. */
export type NodeId = Counted<'node'>;
/** Position of an operation in its list; -1 is before all of them. */
export type Position = Counted<'position'>;
