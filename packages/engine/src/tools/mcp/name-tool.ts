import { createHash } from 'node:crypto'

const nameCharactersMax = 64
const hashCharacters = 8

/**
 * The name of a server's tool for models: `server__tool`. What models do not take is replaced, and what is too long is cut;
 * a hash then tells the name from any other that would have become the same.
 */
export function nameTool(server: string, tool: string): string {
  const name = `${server}__${tool}`
  const isFine = name.length <= nameCharactersMax && !/[^a-zA-Z0-9_-]/.test(name)
  return isFine ? name : nameByHash(server, tool)
}

/** For a name that is taken already. */
export function nameByHash(server: string, tool: string): string {
  const hash = createHash('sha256').update(JSON.stringify([server, tool])).digest('hex').slice(0, hashCharacters)
  const readable = `${server}__${tool}`.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, nameCharactersMax - hashCharacters - 1)
  return `${readable}_${hash}`
}
