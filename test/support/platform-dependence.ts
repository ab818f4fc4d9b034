// Finds what gives other results on other platforms: functions whose bits the ECMAScript standard leaves to the
// implementation, what depends on language and time zone, and orders that depend on how a sort goes about it.

import ts from 'typescript';

/** Exact, or rounded correctly by every engine; and constants. */
const EXACT = new Set(
  'abs ceil clz32 floor fround imul max min round sign sqrt trunc E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'.split(' '),
);
const BY_LANGUAGE = new Set(['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase', 'Intl']);
const SORTS = new Set(['sort', 'toSorted']);

/**
 * - `**`, unless of two literals of which the first is 2, which is exact everywhere, or of a bigint.
 * - What `Math` has beyond exact functions and constants; also `Math` itself, which could hide them.
 * - `localeCompare`, `Intl` and their kind. Numbers formatted for people in English are fine.
 * - `Date`, beyond `Date.now`.
 * - An order that calls equals different: a comparison that answers -1 or 1, never 0.
 *
 * @param path  for the findings.
 * @returns one line a finding: place, what was found.
 */
export function findPlatformDependence(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const findings: string[] = [];
  const visit = (node: ts.Node, inSort: boolean): void => {
    if (isDependent(node, inSort)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      findings.push(`${path}:${line + 1}: ${node.getText(source)}`);
    }
    const sorts = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression);
    const isSort = sorts && SORTS.has(node.expression.name.text);
    ts.forEachChild(node, (child) => visit(child, inSort || isSort));
  };
  visit(source, false);
  return findings;
}

function isDependent(node: ts.Node, inSort: boolean): boolean {
  if (ts.isBinaryExpression(node)) return isPower(node.operatorToken.kind) && !isExactPower(node);
  if (ts.isConditionalExpression(node)) return inSort && isOne(node.whenTrue) && isOne(node.whenFalse);
  if (!ts.isIdentifier(node)) return false;
  const member = ts.isPropertyAccessExpression(node.parent) ? node.parent : undefined;
  const used = member?.expression === node ? member.name.text : undefined;
  switch (node.text) {
    case 'Math':
      return used === undefined || !EXACT.has(used);
    case 'Date':
      return used !== 'now' && !ts.isTypeReferenceNode(node.parent);
    case 'toLocaleString':
      return !isInEnglish(member);
    default:
      return BY_LANGUAGE.has(node.text);
  }
}

function isPower(operator: ts.SyntaxKind): boolean {
  return operator === ts.SyntaxKind.AsteriskAsteriskToken || operator === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
}

function isExactPower({ left, right }: ts.BinaryExpression): boolean {
  if (ts.isBigIntLiteral(left) || ts.isBigIntLiteral(right)) return true;
  return ts.isNumericLiteral(left) && left.text === '2' && ts.isNumericLiteral(withoutSign(right));
}

function isInEnglish(member: ts.PropertyAccessExpression | undefined): boolean {
  const call = member?.parent;
  if (call === undefined || !ts.isCallExpression(call)) return false;
  const [language] = call.arguments;
  return language !== undefined && ts.isStringLiteral(language) && /^en(-US)?$/.test(language.text);
}

function isOne(node: ts.Expression): boolean {
  const digits = withoutSign(node);
  return ts.isNumericLiteral(digits) && digits.text === '1';
}

function withoutSign(node: ts.Expression): ts.Expression {
  return ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken ? node.operand : node;
}
