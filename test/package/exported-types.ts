/** Types that a door's functions take or give and that the door does not export; fields that no text explains. */
import { relative } from 'node:path';
import ts from 'typescript';

export interface MissingType {
  readonly name: string;
  /** Where it is declared, from the package's folder. */
  readonly file: string;
  /** What shows it. */
  readonly shownBy: string;
}

/** @param entry a door's file @param root of the package */
export function missingTypes(entry: string, root: string): MissingType[] {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const door = source && checker.getSymbolAtLocation(source);
  if (!door) throw new Error(`${entry} is no module`);
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = checker.getExportsOfModule(door).map(resolved);
  const known = new Set(exported);
  const missing = new Map<ts.Symbol, MissingType>();
  const visit = (node: ts.Node, shownBy: string): void => {
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined;
    const found = name && checker.getSymbolAtLocation(name);
    const symbol = found && resolved(found);
    const file = symbol?.declarations?.[0]?.getSourceFile().fileName;
    const isOurs = file?.startsWith(root) && !file.includes('node_modules/', root.length);
    const isParameter = symbol?.declarations?.some(ts.isTypeParameterDeclaration);
    if (symbol && file && isOurs && !isParameter && !known.has(symbol) && !missing.has(symbol)) {
      missing.set(symbol, { name: symbol.name, file: relative(root, file), shownBy });
      known.add(symbol);
    }
    ts.forEachChild(node, (child) => {
      if (!ts.isBlock(child)) visit(child, shownBy);
    });
  };
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) {
      // A schema's own type is a tree of Zod that nobody names.
      if (ts.isVariableDeclaration(declaration)) continue;
      visit(declaration, symbol.name);
    }
  }
  return [...missing.values()];
}

/** Fields of exported interfaces, and exports, that no doc text explains, as `Name.field`. */
export function undocumented(entry: string, root: string): string[] {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const door = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile) as ts.Symbol;
  const without: string[] = [];
  for (const symbol of checker.getExportsOfModule(door)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (!/(Options|Request|Input|Terms|Hooks)$/.test(target.name)) continue;
    for (const declaration of target.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(declaration) || !declaration.getSourceFile().fileName.startsWith(root)) continue;
      for (const member of declaration.members) {
        const field = member.name && checker.getSymbolAtLocation(member.name);
        if (field && field.getDocumentationComment(checker).length === 0) without.push(`${target.name}.${field.name}`);
      }
    }
  }
  return without;
}
