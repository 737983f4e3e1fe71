import { Buffer } from 'node:buffer'
import { Webhook } from 'standardwebhooks'
import { EgressFault, EgressRefused } from '../egress/egress-errors.ts'
import type { Egress } from '../egress/egress.ts'
import { ToolFault, type Tool, type ToolContext } from './tool.ts'
import type { WebhookDefinition } from './turn-tools.ts'
import { answerBytesMax, readWebhookAnswer } from './webhook-answer.ts'

export interface WebhookOptions {
  egress: Egress
  /** The organization's, as `whsec_` and base64. */
  signing_secret: string
  /** Of one attempt. */
  timeoutMs?: number
}

const timeoutMsDefault = 30_000

/** A tool at the other end of a POST, signed as Standard Webhooks says. One run is one attempt. */
export function createWebhookTool(definition: WebhookDefinition, { egress, signing_secret, timeoutMs = timeoutMsDefault }: WebhookOptions): Tool {
  const { name, description, parameters, url, effects, requires_approval } = definition
  const signer = new Webhook(signing_secret)
  return {
    name,
    description,
    // Arguments are an object, which providers want to be told.
    parameters: { ...parameters, type: 'object' },
    effects,
    requires_approval,
    async run(args, context) {
      const { body, headers } = composeCall(signer, name, args, context)
      try {
        const answer = await egress.request(url, { method: 'POST', headers, body, signal: context.signal, timeoutMs, responseBytesMax: answerBytesMax })
        return readWebhookAnswer(answer)
      } catch (error) {
        if (error instanceof EgressRefused) return { ok: false, error: error.message }
        if (error instanceof EgressFault) throw new ToolFault(error.message, { retryable: true, mayHaveRun: error.mayHaveArrived, cause: error })
        throw error
      }
    },
  }
}

/** The id is the same for every attempt of a call; the time, and with it the signature, is each attempt's own. */
function composeCall(signer: Webhook, name: string, args: unknown, context: ToolContext): { body: string; headers: Record<string, string> } {
  const { tool_call_id, session_id, turn_id, organization_id, attempt, idempotency_key } = context
  const now = new Date()
  const data = { tool_call_id, name, arguments: args, session_id, turn_id, organization_id, attempt }
  const body = JSON.stringify({ type: 'tool.call', timestamp: now.toISOString(), data })
  const id = toHeaderText(idempotency_key)
  return {
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/plain',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signer.sign(id, now, body),
    },
  }
}

/**
 * The key holds the model's own call id, which may be any text. What a header cannot hold is percent-encoded, and so
 * is the dot, which would move the border between id and timestamp in what is signed.
 */
function toHeaderText(key: string): string {
  return key.replace(/[^\x21-\x7e]|[%.]/gu, (character) => [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
}
