// What a test file proves: the titles of the tests in it that run and assert something.

import ts from 'typescript';

/** Calls that run a test whatever is chained to them, such as `it.each(…)` and `it.runIf(…)`; these two never run. */
const NEVER_RUN = new Set(['skip', 'todo']);

/**
 * Titles of tests, and of groups of tests, in the source of a test file. A test counts if it is not skipped for good and
 * has an assertion: `expect`, or a function of the file that asserts. A group counts if one of its tests does.
 */
export function proofsIn(source: string): ReadonlySet<string> {
  const file = ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest, true);
  const asserting = assertingFunctions(file);
  const proofs = new Set<string>();
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) ? titleOf(node) : undefined;
    if (title?.isSkipped) return;
    if (title !== undefined && asserts(node, asserting)) proofs.add(title.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return proofs;
}

/** What a call of `it`, `test` or `describe` is about; undefined of another call. */
function titleOf(call: ts.CallExpression): { readonly text: string; readonly isSkipped: boolean } | undefined {
  const [first] = call.arguments;
  const { root, chained } = calleeOf(call.expression);
  if (!['it', 'test', 'describe'].includes(root) || first === undefined) return undefined;
  if (!ts.isStringLiteralLike(first) && !ts.isTemplateExpression(first)) return undefined;
  return { text: first.getText().slice(1, -1), isSkipped: chained.some((name) => NEVER_RUN.has(name)) };
}

/** `it.each(cases)` → `it`, [`each`]. */
function calleeOf(expression: ts.Expression): { readonly root: string; readonly chained: readonly string[] } {
  if (ts.isCallExpression(expression)) return calleeOf(expression.expression);
  if (!ts.isPropertyAccessExpression(expression)) return { root: expression.getText(), chained: [] };
  const { root, chained } = calleeOf(expression.expression);
  return { root, chained: [...chained, expression.name.text] };
}

/** Names of the file's own functions that assert, be it through another. */
function assertingFunctions(file: ts.SourceFile): ReadonlySet<string> {
  const bodies = new Map<string, ts.Node>();
  const collect = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) && node.name && node.body) bodies.set(node.name.text, node.body);
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrowFunction(node.initializer)) {
      bodies.set(node.name.getText(), node.initializer.body);
    }
    ts.forEachChild(node, collect);
  };
  collect(file);
  const asserting = new Set<string>();
  for (let before = -1; before < asserting.size; ) {
    before = asserting.size;
    for (const [name, body] of bodies) if (asserts(body, asserting)) asserting.add(name);
  }
  return asserting;
}

function asserts(node: ts.Node, functions: ReadonlySet<string>): boolean {
  if (ts.isCallExpression(node)) {
    const { root } = calleeOf(node.expression);
    if (root === 'expect' || functions.has(root)) return true;
  }
  return ts.forEachChild(node, (child) => asserts(child, functions) || undefined) ?? false;
}
