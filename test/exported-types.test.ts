/** What a program's author sees of the package: every type by name, every name with its meaning. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src');
const doors = [
  'index',
  ...['train', 'tokenizer', 'latents', 'evaluation', 'report', 'engine'].map((name) => `exports/${name}`),
];

const pathOf = (door: string) => join(sources, `${door}.ts`);
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const pages = { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'], types: ['node'] };
const program = ts.createProgram([...doors, 'web/index'].map(pathOf), {
  ...options,
  ...pages,
  jsx: ts.JsxEmit.ReactJSX,
});
const checker = program.getTypeChecker();

const original = (symbol: ts.Symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function exportsOf(door: string): ts.Symbol[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(pathOf(door)) as ts.SourceFile);
  return checker.getExportsOfModule(module as ts.Symbol);
}

const isOurs = (declaration: ts.Declaration | undefined) => declaration?.getSourceFile().fileName.startsWith(sources);
const isDocumented = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;

/** Types of ours that a declaration names where its users see them: not in the bodies of functions, nor in values. */
function namedTypes(declaration: ts.Node): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isBlock(node) ||
      (ts.isExpression(node) && !ts.isExpressionWithTypeArguments(node) && !ts.isIdentifier(node))
    )
      return;
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const symbol = checker.getSymbolAtLocation(name);
      if (symbol) found.push(original(symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found.filter(
    ({ flags, declarations }) => !(flags & ts.SymbolFlags.TypeParameter) && isOurs(declarations?.[0]),
  );
}

describe.each([...doors, 'web/index'])('%s', (door) => {
  const exported = exportsOf(door);
  it('exports every type that it names', () => {
    const there = new Set(exported.map((symbol) => original(symbol)));
    const missing = exported.flatMap((symbol) =>
      (original(symbol).declarations ?? [])
        .filter(isOurs)
        .flatMap(namedTypes)
        .filter((type) => !there.has(type))
        .map((type) => `${type.name}, of ${symbol.name}`),
    );
    expect(missing).toEqual([]);
  });

  it('says of every export what it is', () => {
    expect(exported.length).toBeGreaterThan(5);
    expect(exported.filter((symbol) => !isDocumented(original(symbol))).map(({ name }) => name)).toEqual([]);
  });
});

it('every field of what functions are told has its meaning', () => {
  const named = exportsOf('index').filter(({ name }) => /(Options|Request|Config|Hooks|Changes|Settings)$/.test(name));
  expect(named.length).toBeGreaterThan(40);
  const silent = named.flatMap((symbol) =>
    checker
      .getDeclaredTypeOfSymbol(original(symbol))
      .getProperties()
      .filter((field) => isOurs(field.declarations?.[0]) && !isDocumented(field))
      .map((field) => `${symbol.name}.${field.name}`),
  );
  expect(silent).toEqual([]);
});
