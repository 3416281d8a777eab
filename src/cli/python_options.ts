/** python/ptfe/_options.py: the delegate's options as a type of Python's, from `wire/delegate_options.ts`. */
import { type DelegateOption, delegateOptions, type ValueKind } from '../wire/delegate_options.js';

const options: readonly DelegateOption[] = delegateOptions;

const isTruth = (words: readonly string[]): boolean => words.length === 2 && words[0] === '0' && words[1] === '1';

/** Numbers may be given as text too: that is how they come from a command line. */
const typeOf = (kind: ValueKind): string => {
  switch (kind.is) {
    case 'words':
      return isTruth(kind.words)
        ? 'Union[bool, Literal[0, 1, "0", "1"]]'
        : `Literal[${kind.words.map((word) => `"${word}"`).join(', ')}]`;
    case 'number':
      return 'Union[int, str]';
    case 'file':
      return 'Union[str, "os.PathLike[str]"]';
    case 'facts':
      return 'Union[str, Mapping[str, str]]';
  }
};

const fieldLines = ({ name, kind, text, more }: DelegateOption): readonly string[] => [
  `    #: ${text[0]?.toUpperCase() ?? ''}${text.slice(1)}. ${more}`,
  `    ${name}: Optional[${typeOf(kind)}]`,
];

export const pythonOptions = (): string =>
  [
    '"""Generated from src/wire/delegate_options.ts by `npm run generate`; do not edit."""',
    '',
    'from __future__ import annotations',
    '',
    'import os',
    'from typing import Literal, Mapping, Optional, TypedDict, Union',
    '',
    '',
    'class Options(TypedDict, total=False):',
    '    """What `ptfe.delegate` takes. The PTFE_* variables say the same; an option given here wins."""',
    '',
    ...options.flatMap(fieldLines),
    '',
  ].join('\n');
