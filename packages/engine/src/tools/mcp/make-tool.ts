import { ToolFault, type Tool, type ToolContext, type ToolOutcome } from '../tool.ts'
import { hideAndCut, hideInText, hideSecrets, listSecrets } from './hide-secrets.ts'
import type { ListedTool } from './list-tools.ts'
import type { McpConnection } from './mcp-connection.ts'
import { readMcpError } from './mcp-errors.ts'
import { readCallResult } from './read-call-result.ts'
import type { ServerSpec } from './server-spec.ts'

/** Progress is stored as events: so often, and so much of it, is told. */
const progressPauseMs = 250
const progressMax = 100
const progressCharactersMax = 500
/** The server's own limit comes first, with the better words, and has room for a new session. */
const timeoutSlackMs = 15_000

/** A tool of an MCP server's, under the name that models call it by. */
export function makeTool(name: string, listed: ListedTool, spec: ServerSpec, getConnection: () => McpConnection): Tool {
  const { timeoutMs, effects, requires_approval } = spec
  const secrets = listSecrets(spec.place)
  return {
    name,
    description: listed.description,
    parameters: listed.parameters,
    // A server that lies about itself has only its own tools run twice.
    effects: effects ?? (listed.isRepeatable ? 'idempotent' : 'at_most_once'),
    ...(requires_approval && { requires_approval }),
    timeout_ms: timeoutMs + timeoutSlackMs,
    async run(args, context) {
      if (!isObject(args)) return { ok: false, error: 'The arguments must be a JSON object.' }
      const call = { name: listed.name, arguments: args, idempotency_key: context.idempotency_key }
      try {
        const result = await getConnection().call(call, { signal: context.signal, timeoutMs, onProgress: tellProgress(context, secrets) })
        return hideOutcome(readCallResult(result), secrets)
      } catch (error) {
        context.signal.throwIfAborted()
        return readFailure(error, spec.name, secrets)
      }
    },
  }
}

/** What is thrown is for the runner to judge; what is returned the server has said, or would say again. */
function readFailure(error: unknown, server: string, secrets: readonly string[]): ToolOutcome {
  const { message, isAnswer, retryable, mayHaveRun, retry_after_ms } = readMcpError(error, secrets)
  const words = `the MCP server ${server} ${message}`
  // Without the error as its cause: what a server said may be in it.
  if (!isAnswer) throw new ToolFault(words, { retryable, mayHaveRun, retry_after_ms })
  return { ok: false, error: `${words.charAt(0).toUpperCase()}${words.slice(1)}.` }
}

function hideOutcome(outcome: ToolOutcome, secrets: readonly string[]): ToolOutcome {
  return outcome.ok ? { ok: true, result: hideSecrets(outcome.result, secrets) } : { ok: false, error: hideInText(outcome.error, secrets) }
}

function tellProgress(context: ToolContext, secrets: readonly string[]) {
  let told = 0
  let nextAt = 0
  return ({ progress, total, message }: { progress: number; total?: number | undefined; message?: string | undefined }) => {
    if (told >= progressMax || performance.now() < nextAt) return
    told += 1
    nextAt = performance.now() + progressPauseMs
    const share = total === undefined ? String(progress) : `${progress}/${total}`
    context.progress(hideAndCut(message ?? share, secrets, progressCharactersMax))
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
