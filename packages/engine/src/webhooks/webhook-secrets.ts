import { randomBytes } from 'node:crypto'
import type { KeyRing } from '../secrets/key-ring.ts'

/** What signs a webhook's deliveries. After a change, the secret before is valid for a while: both sign. */
interface WebhookSecrets {
  secret: string
  previous: { secret: string; until_ms: number } | null
}

export interface WebhookRow {
  organization_id: string
  id: string
}

export interface MadeSecret {
  /** To be shown once. */
  secret: string
  sealed: Uint8Array
}

const secretBytes = 32
const previousValidMs = 24 * 60 * 60 * 1000

/** A webhook's first secret. */
export function makeWebhookSecret(ring: KeyRing, row: WebhookRow): MadeSecret {
  return sealSecrets(ring, row, null)
}

/** A new secret in the place of the one that signs now. */
export function rotateWebhookSecret(ring: KeyRing, row: WebhookRow, sealed: Uint8Array): MadeSecret {
  const { secret } = readSecrets(ring, row, sealed)
  return sealSecrets(ring, row, { secret, until_ms: Date.now() + previousValidMs })
}

/** All that are valid now, the newest first. */
export function openWebhookSecrets(ring: KeyRing, row: WebhookRow, sealed: Uint8Array): string[] {
  const { secret, previous } = readSecrets(ring, row, sealed)
  return previous && previous.until_ms > Date.now() ? [secret, previous.secret] : [secret]
}

/** What sealed secrets are bound to: their use, their organization and their row. */
export function webhookBelongings(organizationId: string, webhookId: string): string[] {
  return ['webhook secret', organizationId, webhookId]
}

function sealSecrets(ring: KeyRing, { organization_id, id }: WebhookRow, previous: WebhookSecrets['previous']): MadeSecret {
  const secret = `whsec_${randomBytes(secretBytes).toString('base64')}`
  const secrets: WebhookSecrets = { secret, previous }
  return { secret, sealed: ring.seal(JSON.stringify(secrets), webhookBelongings(organization_id, id)) }
}

function readSecrets(ring: KeyRing, { organization_id, id }: WebhookRow, sealed: Uint8Array): WebhookSecrets {
  return JSON.parse(ring.open(sealed, webhookBelongings(organization_id, id))) as WebhookSecrets // only `sealSecrets` seals for this
}
