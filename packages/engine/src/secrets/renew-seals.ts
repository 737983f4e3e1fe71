import { listSealedSecrets, replaceSealedSecret, type Database, type SealedSecret } from '@reprise/store'
import { webhookBelongings } from '../webhooks/webhook-secrets.ts'
import { SealBroken, type KeyRing } from './key-ring.ts'
import { mcpBelongings } from './mcp-headers.ts'
import { providerBelongings } from './provider-keys.ts'

export interface RenewedSeals {
  renewed: number
  /** Sealed with a key that this server does not have, and left as they are. */
  unreadable: number
}

/** Seals anew what an earlier secret key sealed, so that it can be forgotten. */
export async function renewSeals(db: Database, ring: KeyRing): Promise<RenewedSeals> {
  const counts: RenewedSeals = { renewed: 0, unreadable: 0 }
  if (!ring.canSeal) return counts
  for (const secret of await listSealedSecrets(db)) {
    if (ring.isCurrent(secret.sealed)) continue
    const belongsTo = belongingsOf(secret)
    const opened = tryOpen(ring, secret.sealed, belongsTo)
    if (opened === null) counts.unreadable += 1
    else {
      await replaceSealedSecret(db, secret, ring.seal(opened, belongsTo))
      counts.renewed += 1
    }
  }
  return counts
}

function belongingsOf({ holder, organization_id, id }: SealedSecret): string[] {
  if (holder === 'provider') return providerBelongings(organization_id, id)
  return holder === 'webhook' ? webhookBelongings(organization_id, id) : mcpBelongings(organization_id)
}

function tryOpen(ring: KeyRing, sealed: Uint8Array, belongsTo: readonly string[]): string | null {
  try {
    return ring.open(sealed, belongsTo)
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}
