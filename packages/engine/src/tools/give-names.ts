/** A place that tools come from. */
export interface ToolSource<T> {
  /** In the words of whoever asked for it: `tools[0]`, `the capability "calculator"`. */
  origin: string
  tools: readonly T[]
}

/** Two tools of one name: the model gets only the first. */
export interface ToolCollision {
  name: string
  kept: string
  left_out: string
}

/**
 * Gives every tool a name of its own, for a model that is told two tools of one name calls neither for sure. Sources are
 * asked in order: the first to have a name keeps it, and a later one's tool is left out.
 */
export function giveNames<T extends { name: string }>(sources: readonly ToolSource<T>[]): { named: ReadonlyMap<string, T>; collisions: ToolCollision[] } {
  const named = new Map<string, T>()
  const origins = new Map<string, string>()
  const collisions: ToolCollision[] = []
  for (const { origin, tools } of sources) {
    for (const tool of tools) {
      const kept = origins.get(tool.name)
      if (kept !== undefined) {
        collisions.push({ name: tool.name, kept, left_out: origin })
        continue
      }
      named.set(tool.name, tool)
      origins.set(tool.name, origin)
    }
  }
  return { named, collisions }
}
