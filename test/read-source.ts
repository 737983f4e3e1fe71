import { parseAst } from 'vitest/node'

export interface SourceFacts {
  imports: Import[]
  /** Every piece of text that stands in the code, without comments. */
  strings: string[]
}

export interface Import {
  specifier: string
  /** Gone when the program runs: `import type`, `export type`, and `import('x')` in a type. */
  isTypeOnly: boolean
}

/** A node of the parser's tree; what else it has depends on its type. */
interface Node {
  type: string
  [field: string]: unknown
}

/** Reads a TypeScript file by a real parser, so that no comment or string is taken for an import. */
export function readSource(text: string): SourceFacts {
  const facts: SourceFacts = { imports: [], strings: [] }
  visit(parseAst(text, { lang: 'tsx' }), facts)
  return facts
}

function visit(value: unknown, facts: SourceFacts): void {
  if (Array.isArray(value)) for (const item of value) visit(item, facts)
  if (!isNode(value)) return
  collect(value, facts)
  for (const field of Object.values(value)) visit(field, facts)
}

function collect(node: Node, { imports, strings }: SourceFacts): void {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      const specifier = readText(node['source'])
      if (specifier !== null) imports.push({ specifier, isTypeOnly: (node['importKind'] ?? node['exportKind']) === 'type' })
      return
    }
    case 'ImportExpression':
    case 'TSImportType': {
      const specifier = readText(node['source'])
      if (specifier !== null) imports.push({ specifier, isTypeOnly: node.type === 'TSImportType' })
      return
    }
    case 'Literal': {
      const text = readText(node)
      if (text !== null) strings.push(text)
      return
    }
    case 'TemplateElement':
      strings.push((node['value'] as { cooked: string }).cooked) // by the ESTree specification
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function readText(value: unknown): string | null {
  return isNode(value) && typeof value['value'] === 'string' ? value['value'] : null
}
