/** A place that tools come from. */
export interface ToolSource<T> {
  /** In the words of whoever asked for it: `tools[0]`, `the capability "calculator"`. */
  origin: string
  tools: readonly T[]
  /**
   * Of a source whose tools nobody knows beforehand, such as an MCP server: put before the name of a tool of its that
   * an earlier source has too.
   */
  prefix?: string
}

/** Two tools of one name: the model gets only the first. */
export interface ToolCollision {
  name: string
  kept: string
  left_out: string
}

const nameCharactersMax = 64

/**
 * Gives every tool a name of its own, for a model that is told two tools of one name calls neither for sure. Sources are
 * asked in order: the first to have a name keeps it. A later one's tool gets its source's prefix where it has one, and is
 * left out where that is taken too, or too long.
 */
export function giveNames<T extends { name: string }>(sources: readonly ToolSource<T>[]): { named: ReadonlyMap<string, T>; collisions: ToolCollision[] } {
  const named = new Map<string, T>()
  const origins = new Map<string, string>()
  const collisions: ToolCollision[] = []
  for (const { origin, tools, prefix } of sources) {
    for (const tool of tools) {
      const free = [tool.name, ...(prefix === undefined ? [] : [`${prefix}_${tool.name}`])].find((name) => !named.has(name) && name.length <= nameCharactersMax)
      if (free === undefined) {
        collisions.push({ name: tool.name, kept: origins.get(tool.name) ?? origin, left_out: origin })
        continue
      }
      named.set(free, tool)
      origins.set(free, origin)
    }
  }
  return { named, collisions }
}
