/** What the delegate keeps in its cache of a file that it has read (`delegate/compile/memo.c`). */
import { chars, octets, record, size64, u64 } from './record.js';

export const memoMagic = 'PTFEMEMO';

export const memoRecord = record(
  'memo_record',
  'All of a memo, which is named after the file and the bytes of it that count. `digest`: SHA-256 of those bytes while size and ' +
    'times (ns) were these; `check`: that of what stands before it, behind the name.',
  {
    magic: chars(memoMagic.length),
    size: size64,
    modified: u64,
    changed: u64,
    digest: octets(32),
    check: octets(32),
  },
);
