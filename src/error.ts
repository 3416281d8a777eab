/** What broken input or a bug looks like to the user: a code, where it is, what is wrong, what to do. Refusals are data, not errors. */
export class PtfeError extends Error {
  readonly code:
    | 'bad-message'
    | 'bad-model'
    | 'bad-plan'
    | 'bad-stream'
    | 'bad-option'
    | 'bad-usage'
    | 'cpu-nodes'
    | 'device'
    | 'no-file'
    | 'internal';
  readonly where: string;
  /** What is wrong, without the place and the remedy. */
  readonly text: string;
  readonly remedy: string;

  constructor(code: PtfeError['code'], where: string, text: string, remedy = '') {
    super(`${where}: ${text}${remedy === '' ? '' : ` (${remedy})`}`);
    this.name = 'PtfeError';
    this.code = code;
    this.where = where;
    this.text = text;
    this.remedy = remedy;
  }
}

/** A bug that shows at one node: the others of a partition need not suffer. */
export class NodeError extends Error {
  readonly node: number;

  constructor(node: number, text: string) {
    super(`node ${node}: ${text}`);
    this.name = 'NodeError';
    this.node = node;
  }
}
