/** What broken input or a bug looks like to the user: a code, where it is, what is wrong, what to do. Refusals are data, not errors. */
export class PtfeError extends Error {
  readonly code: 'bad-message' | 'bad-model' | 'bad-option' | 'internal';
  readonly where: string;
  readonly remedy: string;

  constructor(code: PtfeError['code'], where: string, text: string, remedy = '') {
    super(`${where}: ${text}${remedy === '' ? '' : ` (${remedy})`}`);
    this.name = 'PtfeError';
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}
