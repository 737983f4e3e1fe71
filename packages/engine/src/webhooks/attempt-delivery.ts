import { readEvents, type AttemptOutcome, type Database, type DueDelivery, type HeldWebhook } from '@reprise/store'
import type { Egress } from '../egress/egress.ts'
import { SealBroken, type KeyRing } from '../secrets/key-ring.ts'
import type { DeliveryTerms } from './delivery-terms.ts'
import { postSigned, type PostOutcome } from './post-signed.ts'
import { openWebhookSecrets } from './webhook-secrets.ts'

export interface DeliveryServices {
  db: Database
  egress: Egress
  secrets: KeyRing
  terms: DeliveryTerms
}

/** The receiver says by this status that it is gone for good. */
const goneStatus = 410

export function isGone({ response_status }: Pick<AttemptOutcome, 'response_status'>): boolean {
  return response_status === goneStatus
}

/** Tells a webhook of one event. What went wrong is an outcome; it throws only when the database cannot be read. */
export async function attemptDelivery(services: DeliveryServices, webhook: HeldWebhook, delivery: DueDelivery, signal: AbortSignal): Promise<AttemptOutcome> {
  const { terms, egress } = services
  const { id, attempts } = delivery
  const untold = { id, attempts, tells: false, retry_in_ms: 0, response_status: null, response_excerpt: null, duration_ms: null }
  if (!delivery.has_session) return { ...untold, status: 'failed', error: 'The session was deleted.' }
  const body = await writeBody(services.db, webhook, delivery)
  if (body === null) return { ...untold, status: 'failed', error: 'The event is no longer kept.' }
  const secrets = tryOpenSecrets(services.secrets, webhook)
  if (secrets === null) return { ...untold, ...judgeFailure(attempts, null, terms), error: 'The secret of the webhook cannot be read: it was sealed with another REPRISE_SECRET_KEY. Rotate it.' }
  try {
    return judgePost(delivery, await postSigned(egress, { url: webhook.url, id, body, secrets }, { signal, timeoutMs: terms.timeoutMs }), terms)
  } catch (error) {
    if (!signal.aborted) throw error
    return { ...untold, status: 'pending', error: 'The server was stopped before the receiver answered.' }
  }
}

/** The event as it is on the wire. Null when it is no longer kept. */
async function writeBody(db: Database, { organization_id }: HeldWebhook, { session_id, event_sequence }: DueDelivery): Promise<string | null> {
  const [event] = await readEvents(db, { organization_id, session_id, after_sequence: event_sequence - 1, before_sequence: event_sequence + 1, limit: 1, newest: false })
  return event ? `{"type":"${event.type}","timestamp":"${event.ts}","data":${event.json}}` : null
}

function tryOpenSecrets(ring: KeyRing, webhook: HeldWebhook): string[] | null {
  try {
    return openWebhookSecrets(ring, webhook, webhook.secrets_sealed)
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}

function judgePost({ id, attempts }: DueDelivery, outcome: PostOutcome, terms: DeliveryTerms): AttemptOutcome {
  const { delivered, response_status, response_excerpt, error, duration_ms, retry_after_ms } = outcome
  const told = { id, attempts, tells: true, response_status, response_excerpt, error, duration_ms }
  if (delivered) return { ...told, status: 'delivered', retry_in_ms: 0 }
  if (isGone(outcome)) return { ...told, status: 'failed', retry_in_ms: 0 }
  return { ...told, ...judgeFailure(attempts, retry_after_ms, terms) }
}

/** As far as the times for retries reach; a little later each, so that what failed together does not come together again. */
function judgeFailure(attempts: number, retryAfterMs: number | null, { retryDelaysMs }: DeliveryTerms): Pick<AttemptOutcome, 'status' | 'retry_in_ms'> {
  const delayMs = retryDelaysMs[attempts - 1]
  if (delayMs === undefined) return { status: 'failed', retry_in_ms: 0 }
  return { status: 'pending', retry_in_ms: Math.max(delayMs * (1 + Math.random() * 0.2), retryAfterMs ?? 0) }
}
