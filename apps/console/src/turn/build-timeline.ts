import type { SessionEvent } from '@reprise/client'
import type { Usage } from '@reprise/contract'

/** One thing that took its time. All times are milliseconds since the turn's message was committed. */
export interface Span {
  key: string
  kind: 'waiting' | 'model' | 'tool' | 'parked' | 'backoff'
  label: string
  start: number
  /** Null: it goes on. */
  end: number | null
  outcome: 'success' | 'error' | 'open'
  /** Of a model call: from its start to the first token. */
  firstTokenMs: number | null
  error: string | null
  attempt: number
  usage: Usage | null
  /** The worker that ran it, as far as that is known. */
  worker_id: string | null
  /** The event that tells the most of it. */
  event_id: string | null
}

export interface Timeline {
  spans: Span[]
  /** When something became durable. */
  commits: number[]
  /** A model call was begun anew by another worker, or after a crash. */
  restarts: number[]
  startedAt: number
  /** Null while the turn goes on. */
  end: number | null
}

/** What the events of one turn, in their order, tell of where its time went. An event's time is that of the commit that brought it. */
export function buildTimeline(events: readonly SessionEvent[]): Timeline {
  const startedAt = events.length === 0 ? 0 : Date.parse(events[0]!.ts)
  const timeline: Timeline = { spans: [], commits: [], restarts: [], startedAt, end: null }
  const { spans, commits, restarts } = timeline
  const open = new Map<string, Span>()
  let hasBegun = false
  let isFirstCall = true
  let isFirstAnswer = true
  let failedAt: number | null = null

  function begin(id: string, kind: Span['kind'], label: string, start: number, event_id: string): Span {
    const span: Span = { key: `${id} ${spans.length}`, kind, label, start, end: null, outcome: 'open', firstTokenMs: null, error: null, attempt: 1, usage: null, worker_id: null, event_id }
    spans.push(span)
    open.set(id, span)
    return span
  }
  function finish(id: string, end: number, outcome: Span['outcome'] = 'success'): Span | undefined {
    const span = open.get(id)
    if (!span) return
    open.delete(id)
    span.end = Math.max(end, span.start)
    span.outcome = outcome
    return span
  }

  for (const event of events) {
    const at = Date.parse(event.ts) - startedAt
    if (commits.at(-1) !== at) commits.push(at)
    switch (event.type) {
      case 'input.message':
        if (!hasBegun && !open.has('waiting')) begin('waiting', 'waiting', 'Waiting', at, event.id)
        break
      case 'turn.started':
        hasBegun = true
        break
      case 'reason.recovered':
        restarts.push(at)
        finish('model', at, 'error')
        break
      case 'reason.started': {
        // Steered and parked turns go on by this.
        finish('parked', at)
        if (isFirstCall) finish('waiting', at)
        isFirstCall = false
        if (failedAt !== null && at > failedAt) {
          begin('backoff', 'backoff', 'Waiting to try again', failedAt, event.id)
          finish('backoff', at)
        }
        failedAt = null
        if (!open.has('model')) begin('model', 'model', event.data.metadata.model, at, event.id).worker_id = event.data.metadata.worker_id ?? null
        break
      }
      case 'llm.generation': {
        const { duration_ms, time_to_first_token_ms, success, error = null, retry, usage = null, model, worker_id = null } = event.data.metadata
        const span = open.get('model') ?? begin('model', 'model', model, at - duration_ms, event.id)
        // Its beginning was committed with its first words; how long it took is known to the millisecond.
        Object.assign(span, { start: Math.max(0, at - duration_ms), firstTokenMs: time_to_first_token_ms, error, attempt: retry?.attempt ?? 1, usage, worker_id, event_id: event.id })
        finish('model', at, success ? 'success' : 'error')
        if (isFirstAnswer) for (const waiting of spans) if (waiting.kind === 'waiting') waiting.end = Math.min(waiting.end ?? at, Math.max(waiting.start, span.start))
        isFirstAnswer = false
        if (!success) failedAt = at
        break
      }
      case 'tool.started':
        begin(`tool ${event.data.tool_call.id}`, 'tool', event.data.tool_call.name, at, event.id)
        break
      case 'tool.completed': {
        const { tool_call_id, tool_name, success, error = null, duration_ms } = event.data
        const id = `tool ${tool_call_id}`
        const span = open.get(id) ?? begin(id, 'tool', tool_name, at - duration_ms, event.id)
        Object.assign(span, { start: Math.max(span.start, at - duration_ms), error, event_id: event.id })
        finish(id, at, success ? 'success' : 'error')
        if (![...open.keys()].some((key) => key.startsWith('tool '))) finish('parked', at)
        break
      }
      case 'act.completed':
        for (const span of spans) if (span.kind === 'tool') span.worker_id ??= event.data.worker_id ?? null
        break
      case 'tool.call_requested':
      case 'tool.approval_requested':
        if (!open.has('parked')) begin('parked', 'parked', event.type === 'tool.call_requested' ? 'Waiting for its caller' : 'Waiting for approval', at, event.id)
        break
      case 'tool.approval_decided':
        finish('parked', at)
        break
      case 'turn.completed':
      case 'turn.failed':
      case 'turn.cancelled':
        for (const id of open.keys()) finish(id, at, event.type === 'turn.completed' ? 'success' : 'error')
        timeline.end = at
        break
      default:
    }
  }
  return timeline
}
