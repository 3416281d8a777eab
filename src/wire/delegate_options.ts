/**
 * The delegate's options, one entry each: what `load_delegate` and the PTFE_* variables take. Made of it are the C table that
 * delegate/util/options.c walks (`option_headers.ts`), README's and docs/options.md's tables (`cli/options_page.ts`), what doctor
 * says of a value (`option_values.ts`), and what the engine takes of a graph message (`sent_options.ts`).
 */
import { newestNumerics, numericsNames } from '../graph/numerics.js';
import { chipWords, laterChipWords } from '../hardware/chips.js';

/** One of some words. */
export interface Words {
  readonly is: 'words';
  readonly words: readonly string[];
  /** Words that are understood and refused with another sentence. */
  readonly later?: readonly string[];
}

/** A whole number. */
export interface Bounded {
  readonly is: 'number';
  readonly unit: string;
  readonly least: number;
  readonly most: number;
}

/** The name of a file or folder, made absolute where the delegate is made. */
export interface FileName {
  readonly is: 'file';
  readonly what: string;
  /** Taken in a file's place. */
  readonly word?: string;
  /** A name without a slash is looked for in PATH. */
  readonly searched?: true;
}

/** name=value,... of `hardware/facts.ts`. */
export interface FactList {
  readonly is: 'facts';
}

export type ValueKind = Words | Bounded | FileName | FactList;

export interface DelegateOption {
  readonly name: string;
  /** Another key that the host may give. */
  readonly alias?: string;
  /** '' where the value without one is not a word: `more` says what it is. */
  readonly initial: string;
  readonly kind: ValueKind;
  /** Goes to the engine with the graph, and so into the cache's key. */
  readonly sent: boolean;
  /** For `word` the delegate finds out one of the others and sends that; `otherwise` where there is no delegate to ask. */
  readonly found?: { readonly word: string; readonly otherwise: string };
  /** What it is for, one line. */
  readonly text: string;
  readonly more: string;
  /** A value, for the documentation. */
  readonly example: string;
}

export const delegateOptions = [
  {
    name: 'device',
    initial: 'auto',
    kind: { is: 'words', words: ['auto', 'npu', 'software', 'none'] },
    sent: false,
    text: 'what computes',
    more: "`auto`: the NPU where it works, TFLite's kernels on a board where it cannot be used, else the software NPU. `npu`: fails with the reason where there is none. `software`: bit-exact and slow. `none`: TFLite's kernels alone.",
    example: 'npu',
  },
  {
    name: 'chip',
    initial: chipWords[0] ?? '',
    kind: { is: 'words', words: chipWords, later: laterChipWords },
    sent: true,
    text: 'what plans are compiled for',
    more: 'Programs are made for this chip; a plan of another one is refused.',
    example: 'rk3588',
  },
  {
    name: 'cores',
    initial: '1',
    kind: { is: 'words', words: ['1', '2', '3', 'auto'] },
    sent: true,
    text: 'on how many cores of the NPU one inference runs',
    more: '`auto`: on several where the compiler expects that to be quicker. For one picture sooner; for many at once, interpreters on a core each (`1`) give more. The values are the same.',
    example: 'auto',
  },
  {
    name: 'cache',
    initial: '',
    kind: { is: 'file', what: 'folder', word: 'off' },
    sent: false,
    text: 'where compiled plans are kept',
    more: 'Default: `$XDG_CACHE_HOME/ptfe`, or `~/.cache/ptfe`. Read and written only where nobody but the user and root can write. At most 512 MiB; plans that were used least lately go first. Beside them: digests of files that were read, so that they are not read again, and the code that V8 makes of the compiler.',
    example: '/var/cache/ptfe',
  },
  {
    name: 'node',
    initial: '',
    kind: { is: 'file', what: 'path of Node', searched: true },
    sent: false,
    text: 'the Node program; default from PATH',
    more: 'A name without a slash is looked for in PATH. Needed only where a plan is neither in the cache nor a file.',
    example: '/opt/node/bin/node',
  },
  {
    name: 'engine',
    initial: '',
    kind: { is: 'file', what: 'path of engine.mjs' },
    sent: false,
    text: 'the compiler; default beside the library',
    more: 'Where the library was copied without `engine.mjs` beside it.',
    example: '/opt/ptfe/engine.mjs',
  },
  {
    name: 'timeout',
    initial: '60',
    kind: { is: 'number', unit: 'seconds', least: 1, most: 86_400 },
    sent: false,
    text: 'processor time for the compiler; as long without any ends it too',
    more: 'For large models on small boards. Compiling elsewhere (`ptfe compile`) needs none.',
    example: '600',
  },
  {
    name: 'memory',
    initial: '1024',
    kind: { is: 'number', unit: 'MiB', least: 64, most: 65_536 },
    sent: false,
    text: "the compiler's heap",
    more: 'For models of hundreds of layers; the child ends with a line where it is too little.',
    example: '2048',
  },
  {
    name: 'verbose',
    initial: '0',
    kind: { is: 'words', words: ['0', '1'] },
    sent: false,
    text: '1 prints what runs where and why not',
    more: 'One line for each node that falls back, with the rule and what was seen, and a summary.',
    example: '1',
  },
  {
    name: 'profile',
    initial: '',
    kind: { is: 'file', what: 'file' },
    sent: false,
    text: 'a Perfetto trace, and a table for each op',
    more: 'Open it at ui.perfetto.dev. Whole after each run; a forked process adds its number to the name.',
    example: 'trace.json',
  },
  {
    name: 'trust',
    initial: 'inferred',
    kind: { is: 'words', words: ['inferred', 'seen'] },
    sent: true,
    text: 'seen: only register words that were seen',
    more: 'Takes a node only where boards, a shipped driver or a shipped compiler have shown all that it rests on (`ptfe npu facts`), roundings of ties aside.',
    example: 'seen',
  },
  {
    name: 'parts',
    initial: 'worthwhile',
    kind: { is: 'words', words: ['worthwhile', 'all'] },
    sent: true,
    text: 'all: also what the CPU would do sooner',
    more: "By default nodes stay on the CPU that it does at least twice as quickly by the estimate of the partition's own plan (`ptfe estimate`), where that saves two milliseconds in sum; and a small partition that would cost more than it saves.",
    example: 'all',
  },
  {
    name: 'precision',
    initial: 'fast',
    kind: { is: 'words', words: ['fastest', 'fast', 'best'] },
    sent: true,
    text: 'fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes, with more tasks',
    more: '`fast`: few tasks; outputs within 1 LSB of TFLite, some values in 100,000 off by it. `best`: a few in a million, with about a third more time on models with linear layers; not with `trust=seen`. `fastest`: every ADD that follows a convolution becomes a part of it, as in the programs of Mesa and the vendor; some values in 1,000 of these layers are off by 1 LSB.',
    example: 'best',
  },
  {
    name: 'numerics',
    initial: 'auto',
    kind: { is: 'words', words: ['auto', ...numericsNames] },
    sent: true,
    found: { word: 'auto', otherwise: newestNumerics },
    text: "whose TFLite's numbers; auto asks the host's",
    more: "TFLite's releases differ by an LSB here and there. `auto` asks the host's own kernels, else goes by its version.",
    example: 'litert-2.3',
  },
  {
    name: 'facts',
    alias: 'fact',
    initial: '',
    kind: { is: 'facts' },
    sent: false,
    text: 'behaviours (ptfe npu facts)',
    more: 'What-if: other readings of undocumented hardware behaviour on the software NPU.',
    example: 'bn_shift_rounding=half_even',
  },
  {
    name: 'plan',
    initial: '',
    kind: { is: 'file', what: 'file of ptfe compile, or a folder of them' },
    sent: false,
    text: 'a compiled model: no engine, no Node',
    more: 'What `ptfe compile MODEL -o model.plan` wrote. No compiler process is started, and no cache is used. Of the files `NAME.plan` in a folder the first, by name, that was compiled from the loaded model is taken, for programs that load several models.',
    example: 'model.plan',
  },
] as const satisfies readonly DelegateOption[];

/** What users of another delegate may still give, as an option or as a variable: one line says what ptfe has in its place. */
export interface ForeignOption {
  readonly name: string;
  readonly whose: string;
  readonly instead: string;
}

const listsNodes = 'verbose=1 (PTFE_VERBOSE=1) prints what runs where';

/** Others are refused, as they may be misspelt. */
export const foreignOptions: readonly ForeignOption[] = [
  { name: 'TEFLON_DEBUG', whose: "Mesa's Teflon", instead: listsNodes },
  { name: 'ROCKET_DEBUG', whose: "Mesa's rocket driver", instead: `${listsNodes}, ptfe disasm the registers` },
  { name: 'ETNA_MESA_DEBUG', whose: "Mesa's etnaviv driver", instead: listsNodes },
];

export type OptionName = (typeof delegateOptions)[number]['name'];

export const variableOf = ({ name }: Pick<DelegateOption, 'name'>): string => `PTFE_${name.toUpperCase()}`;

/** Values between '|', or a description in <>. */
export const allowedOf = ({ kind }: Pick<DelegateOption, 'kind'>): string => {
  switch (kind.is) {
    case 'words':
      return kind.words.join('|');
    case 'number':
      return `<${kind.unit}, ${kind.least} to ${kind.most}>`;
    case 'file':
      return kind.word === undefined ? `<${kind.what}>` : `<${kind.what}>|${kind.word}`;
    case 'facts':
      return '<name=value,... of the software NPU>';
  }
};
