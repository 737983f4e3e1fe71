import type { ToolDefinition } from '@reprise/contract'
import { receiptFor, type Ledger, type LedgerOrder } from './ledger.ts'

/** A tool call that the scripted model makes, and what it must be answered with. */
export interface PlannedCall {
  name: ToolName
  arguments: object
  result: unknown
}

/** One answer of the scripted model. */
export interface PlannedStep {
  thinking?: string
  signature?: string
  text?: string
  calls?: PlannedCall[]
  ttft_ms?: number
  tokens_per_second?: number
  fail?: { kind: '429' | '500' | 'hang' | 'cut' | 'malformed'; times?: number }
}

/** A user's message, and what its turn must come to. */
export interface Exchange {
  /** Names the message: it is its idempotency key, and stands in its text. */
  marker: string
  text: string
  /** What the agent must say, message by message. */
  steps: PlannedStep[]
  /** Null where the model follows no script: it echoes. */
  script: string | null
  fails?: boolean
}

type ToolName = 'record' | 'charge' | 'transfer' | 'ask' | 'calculator'

/** Tools of the ledger that must not run twice, whatever happens. */
export const atMostOnceTools: ReadonlySet<string> = new Set<ToolName>(['charge', 'transfer'])
/** Tools whose effects the ledger counts. */
export const ledgerTools: ReadonlySet<string> = new Set<ToolName>(['record', 'charge', 'transfer'])

/** The tools of the agent under test; the calculator is built in. */
export function defineTools(ledger: Ledger): ToolDefinition[] {
  const parameters = { type: 'object', properties: { marker: { type: 'string' } }, required: ['marker'] }
  return [
    { type: 'webhook', name: 'record', description: 'Notes something down', parameters, url: ledger.url('record'), effects: 'idempotent' },
    { type: 'webhook', name: 'charge', description: 'Takes money, once', parameters, url: ledger.url('charge'), effects: 'at_most_once' },
    { type: 'webhook', name: 'transfer', description: 'Moves money, once somebody has approved it', parameters, url: ledger.url('transfer'), effects: 'at_most_once', requires_approval: true },
    { type: 'client_side', name: 'ask', description: 'Asks the user', parameters },
  ]
}

export function echo(marker: string): Exchange {
  const text = `Say it again, please: ${marker}`
  return { marker, text, steps: [{ text: `You said: ${text}` }], script: null }
}

/** A message whose turn follows these steps. */
export function scripted(marker: string, steps: PlannedStep[]): Exchange {
  const script = { steps: steps.map(({ calls, ...step }) => ({ ...step, ...(calls && { tool_calls: calls.map((call) => ({ name: call.name, arguments: call.arguments })) }) })) }
  return withScript(marker, steps, JSON.stringify(script))
}

/** A message that no model can make sense of: its turn must fail, and only its turn. */
export function broken(marker: string): Exchange {
  return { ...withScript(marker, [], '{"steps": not a script}'), fails: true }
}

function withScript(marker: string, steps: PlannedStep[], script: string): Exchange {
  return { marker, text: `Do as you are told: ${marker}\n\`\`\`sim\n${script}\n\`\`\``, steps, script }
}

export function record(order: LedgerOrder): PlannedCall {
  return { name: 'record', arguments: order, result: receiptFor(order.marker) }
}

export function charge(order: LedgerOrder): PlannedCall {
  return { name: 'charge', arguments: order, result: receiptFor(order.marker) }
}

export function transfer(order: LedgerOrder): PlannedCall {
  return { name: 'transfer', arguments: order, result: receiptFor(order.marker) }
}

export function ask(marker: string): PlannedCall {
  return { name: 'ask', arguments: { marker }, result: { answered: marker } }
}

export function calculate(left: number, right: number): PlannedCall {
  return { name: 'calculator', arguments: { expression: `${left} * ${right}` }, result: { value: left * right } }
}
