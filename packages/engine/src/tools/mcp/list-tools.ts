import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { findUnstorable } from '@reprise/contract'
import { z } from 'zod'
import { hideAndCut, hideInText, hideSecrets } from './hide-secrets.ts'
import { AnswerRefused } from './mcp-errors.ts'

/** A tool as its server lists it, as far as that can be used, without the secrets that the server was given. */
export interface ListedTool {
  name: string
  description: string
  parameters: Record<string, unknown>
  /** The server says that it only reads, or may be repeated. */
  isRepeatable: boolean
}

export interface ToolList {
  tools: ListedTool[]
  /** Names of tools whose schema is none, or of no use; any object is taken for their arguments. */
  without_schema: string[]
}

const toolsMax = 200
const listCharactersMax = 1024 * 1024
const pagesMax = 50
const descriptionCharactersMax = 4096

/** Loose: one odd tool is no reason to lose the others. */
const page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() })
const listed = z.object({
  name: z.string().min(1).max(256),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
  annotations: z.object({ readOnlyHint: z.boolean().optional(), idempotentHint: z.boolean().optional() }).optional().catch(undefined),
  execution: z.object({ taskSupport: z.string().optional() }).optional().catch(undefined),
})

/** All tools of a server, or none: a list that is too long is refused as a whole. */
export async function listTools(client: Client, { timeoutMs, secrets }: { timeoutMs: number; secrets: readonly string[] }): Promise<ToolList> {
  const tools = new Map<string, ListedTool>()
  const without_schema: string[] = []
  if (!client.getServerCapabilities()?.tools) return { tools: [], without_schema }
  let cursor: string | undefined
  let characters = 0
  const endsAt = performance.now() + timeoutMs
  for (let pages = 1; ; pages++) {
    const timeout = Math.max(1, Math.ceil(endsAt - performance.now()))
    const answer = await client.request({ method: 'tools/list', params: { cursor } }, page, { timeout })
    for (const item of answer.tools) {
      const { tool, hasSchema } = readTool(item, secrets)
      if (!tool || tools.has(tool.name)) continue
      tools.set(tool.name, tool)
      if (!hasSchema) without_schema.push(tool.name)
      characters += JSON.stringify(tool).length
      if (tools.size > toolsMax) throw new AnswerRefused(`lists more than ${toolsMax} tools`)
      if (characters > listCharactersMax) throw new AnswerRefused(`lists tools whose schemas are longer than ${listCharactersMax} characters in all`)
    }
    cursor = answer.nextCursor
    if (cursor === undefined) return { tools: [...tools.values()], without_schema }
    if (pages === pagesMax) throw new AnswerRefused(`lists its tools on more than ${pagesMax} pages`)
  }
}

function readTool(item: unknown, secrets: readonly string[]): { tool: ListedTool | null; hasSchema: boolean } {
  const { success, data } = listed.safeParse(item)
  // A tool that only runs as a task of the server's cannot be called.
  if (!success || findUnstorable(data.name) || data.execution?.taskSupport === 'required') return { tool: null, hasSchema: false }
  const { name, description = '', inputSchema, annotations } = data
  // It could not be called by another name.
  if (hideInText(name, secrets) !== name) return { tool: null, hasSchema: false }
  const hasSchema = isObjectSchema(inputSchema)
  return {
    tool: {
      name,
      description: findUnstorable(description) ? '' : hideAndCut(description, secrets, descriptionCharactersMax),
      parameters: { ...(hasSchema && (hideSecrets(inputSchema, secrets) as object)), type: 'object' }, // what was an object still is one
      isRepeatable: annotations?.readOnlyHint === true || annotations?.idempotentHint === true,
    },
    hasSchema,
  }
}

function isObjectSchema(schema: unknown): schema is Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false
  return (!('type' in schema) || schema.type === 'object') && findUnstorable(schema) === null
}
