// Places of a TypeScript file where one small fault can be put: what is replaced, by what, and why it is a fault.
import ts from 'typescript';

const S = ts.SyntaxKind;

/** An operator, and what it becomes. Limits at their edge, the other branch, the other direction. */
const operators = new Map([
  [S.LessThanToken, '<='],
  [S.LessThanEqualsToken, '<'],
  [S.GreaterThanToken, '>='],
  [S.GreaterThanEqualsToken, '>'],
  [S.EqualsEqualsEqualsToken, '!=='],
  [S.ExclamationEqualsEqualsToken, '==='],
  [S.AmpersandAmpersandToken, '||'],
  [S.BarBarToken, '&&'],
  [S.PlusToken, '-'],
  [S.MinusToken, '+'],
  [S.AsteriskToken, '/'],
  [S.SlashToken, '*'],
  [S.PercentToken, '*'],
  [S.LessThanLessThanToken, '>>'],
  [S.GreaterThanGreaterThanToken, '<<'],
  [S.GreaterThanGreaterThanGreaterThanToken, '<<'],
  [S.AmpersandToken, '|'],
  [S.BarToken, '&'],
]);

const calls = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['floor', 'ceil'],
  ['ceil', 'floor'],
]);

const isText = (node) =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || (ts.isBinaryExpression(node) && isText(node.left));

/** Messages and texts are no behaviour that a fault of arithmetic could hide in. */
const isProse = (node) => ts.isThrowStatement(node) || ts.isTemplateExpression(node) || ts.isImportDeclaration(node);

/** @returns {readonly { start: number, end: number, text: string, kind: string }[]} */
export function sitesOf(text, file) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const sites = [];
  const add = (node, replacement, kind) =>
    sites.push({ start: node.getStart(source), end: node.end, text: replacement, kind });
  const negate = (condition) => add(condition, `!(${condition.getText(source)})`, 'the other branch');
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || isProse(node))
      return;
    if (ts.isBinaryExpression(node)) {
      const other = operators.get(node.operatorToken.kind);
      const isJoin = node.operatorToken.kind === S.PlusToken && (isText(node.left) || isText(node.right));
      if (other !== undefined && !isJoin)
        add(node.operatorToken, other, `${node.operatorToken.getText(source)} -> ${other}`);
    } else if (ts.isNumericLiteral(node)) {
      add(node, `(${node.getText(source)} + 1)`, 'a number, one more');
    } else if (node.kind === S.TrueKeyword || node.kind === S.FalseKeyword) {
      add(node, node.kind === S.TrueKeyword ? 'false' : 'true', 'the other truth');
    } else if (ts.isConditionalExpression(node)) {
      negate(node.condition);
    } else if (ts.isIfStatement(node)) {
      negate(node.expression);
      // A guard: what it keeps away comes in.
      if (node.elseStatement === undefined) add(node, ';', 'without the guard');
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === S.ExclamationToken) {
      add(node, node.operand.getText(source), 'without !');
    } else if (
      ts.isPropertyAccessExpression(node) &&
      ts.isCallExpression(node.parent) &&
      node.parent.expression === node
    ) {
      const other = calls.get(node.name.text);
      if (other !== undefined) add(node.name, other, `${node.name.text} -> ${other}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}
