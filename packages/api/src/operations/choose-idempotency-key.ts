import { AppError, limits } from '@reprise/contract'
import { fieldError } from '../errors/to-app-error.ts'

const visibleAscii = new RegExp(`^[\\x21-\\x7e]{1,${limits.idempotencyKeyCharactersMax}}$`)

/** The key under which a message is remembered: the `Idempotency-Key` header, or `client_message_id` in the body; both must say the same. */
export function chooseIdempotencyKey(given: string | null, clientMessageId: string | null | undefined): string | null {
  if (given !== null && !visibleAscii.test(given)) {
    const message = `must be 1 to ${limits.idempotencyKeyCharactersMax} visible ASCII characters`
    throw fieldError('invalid_idempotency_key', 'Idempotency-Key', message)
  }
  if (given !== null && clientMessageId && given !== clientMessageId) {
    throw new AppError('idempotency_key_reused', {
      message: 'Idempotency-Key and client_message_id name different messages',
      errors: [{ path: 'client_message_id', message: 'must be the same as Idempotency-Key' }],
    })
  }
  return given ?? clientMessageId ?? null
}
