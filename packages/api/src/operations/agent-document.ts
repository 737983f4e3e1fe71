/**
 * An agent as a document: Markdown whose front matter, in YAML, has its settings, and whose text is its prompt.
 *
 *   ---
 *   name: helper
 *   capabilities:
 *     - ref: calculator
 *   ---
 *
 *   You are a helpful assistant.
 *
 * The one empty line after the front matter is not the prompt's. A document without front matter is a prompt and no more.
 */
import type { Compute } from '@reprise/compute'
import { AppError, type Agent } from '@reprise/contract'
import { stringify } from 'yaml'
import { fieldError } from '../errors/to-app-error.ts'

export interface AgentDocument {
  /** Null: the document has no front matter. */
  settings: Record<string, unknown> | null
  prompt: string
}

/** YAML takes far longer to read than JSON. */
const frontMatterBytesMax = 64 * 1024

const opening = /^---[ \t]*\r?\n/
const closing = /^---[ \t]*(?:\r?\n|$)/m
const emptyLine = /^[ \t]*\r?\n/

export async function readAgentDocument(compute: Compute, text: string): Promise<AgentDocument> {
  const begin = opening.exec(text)
  if (!begin) return { settings: null, prompt: text }
  const rest = text.slice(begin[0].length)
  const end = closing.exec(rest)
  if (!end) throw malformed('begins with --- and is not ended by a line of ---')
  const prompt = rest.slice(end.index + end[0].length).replace(emptyLine, '')
  return { settings: await readFrontMatter(compute, rest.slice(0, end.index)), prompt }
}

export function writeAgentDocument(agent: Agent): string {
  const { name, display_name, description, default_model_id, tags, capabilities, tools, max_iterations, parallel_tool_calls, when_busy } = agent
  // Headers are secrets, and not even their names go out.
  const mcpServers = Object.fromEntries(Object.entries(agent.mcpServers).map(([server, { headers: _headers, ...shown }]) => [server, shown]))
  const settings = { name, display_name, description, default_model_id, tags, capabilities, tools, mcpServers, max_iterations, parallel_tool_calls, when_busy }
  const given = Object.entries(settings).filter(([, value]) => value !== null && (typeof value !== 'object' || Object.keys(value).length > 0))
  // Texts of more than one line in quotes: as blocks, some lose the spaces that they end with.
  const frontMatter = stringify(Object.fromEntries(given), { lineWidth: 0, blockQuote: false, aliasDuplicateObjects: false })
  return `---\n${frontMatter}---\n\n${agent.system_prompt}`
}

async function readFrontMatter(compute: Compute, text: string): Promise<Record<string, unknown>> {
  if (Buffer.byteLength(text) > frontMatterBytesMax) throw malformed(`is larger than ${frontMatterBytesMax} bytes: send such an agent as JSON`)
  const read = await compute.readFrontMatter(text)
  if (!read.ok) {
    const { code, message } = read.refusal
    throw code === 'invalid_request' ? malformed(message) : new AppError(code, { message })
  }
  const settings = read.value ?? {}
  if (typeof settings !== 'object' || Array.isArray(settings)) throw malformed('must be a mapping, such as "name: helper"')
  return settings as Record<string, unknown> // what YAML has besides are lists and single values
}

function malformed(message: string): AppError {
  return fieldError('invalid_request', 'front matter', message)
}
