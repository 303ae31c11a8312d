import { parseSync } from 'oxc-parser';

export interface ImportSpecifier {
  readonly specifier: string;
  /** Line, from 1. */
  readonly line: number;
}

/**
 * Every module that a file names: imports and exports (also of types only), dynamic imports of a literal, and types
 * written as `import('x').T`.
 * @throws Error where the file does not parse
 */
export function importSpecifiers(fileName: string, text: string): readonly ImportSpecifier[] {
  const { program, module, errors } = parseSync(fileName, text);
  const [firstError] = errors;
  if (firstError !== undefined) throw new Error(`${fileName} does not parse: ${firstError.message}`);
  const found: { specifier: string; offset: number }[] = [];
  for (const { moduleRequest } of module.staticImports) {
    found.push({ specifier: moduleRequest.value, offset: moduleRequest.start });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) {
      if (moduleRequest !== null) found.push({ specifier: moduleRequest.value, offset: moduleRequest.start });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^\s*(['"`])([^'"`$]*)\1\s*$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2] !== undefined) found.push({ specifier: literal[2], offset: moduleRequest.start });
  }
  collectImportTypes(program, found);
  const unique = new Map(found.map((one) => [`${one.offset}`, one]));
  return [...unique.values()]
    .sort((a, b) => a.offset - b.offset)
    .map(({ specifier, offset }) => ({ specifier, line: text.slice(0, offset).split('\n').length }));
}

function collectImportTypes(node: unknown, found: { specifier: string; offset: number }[]): void {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const child of node) collectImportTypes(child, found);
    return;
  }
  const fields = node as Record<string, unknown>;
  if (fields.type === 'TSImportType') {
    const source = fields.source as { value?: unknown; start?: unknown } | undefined;
    if (typeof source?.value === 'string' && typeof source.start === 'number') {
      found.push({ specifier: source.value, offset: source.start });
    }
  }
  for (const value of Object.values(fields)) collectImportTypes(value, found);
}

/** `@scope/name/deep` → `@scope/name`; `node:fs` and relative specifiers → undefined. */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.includes(':')) return undefined;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}
