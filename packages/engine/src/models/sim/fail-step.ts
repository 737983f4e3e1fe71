import { ModelError } from '../model-error.ts'
import { pauseUntilAborted } from '../../turn/pause.ts'
import type { SimFault } from './sim-script.ts'

/** Fails a call in the way that the script says; only a `cut` call has said something before. */
export async function failStep({ kind, retry_after_ms }: SimFault, signal: AbortSignal): Promise<never> {
  switch (kind) {
    case '429':
      throw new ModelError('rate_limited', 'sim: too many requests', { retry_after_ms })
    case '500':
      throw new ModelError('server_error', 'sim: internal server error')
    case 'malformed':
      throw new ModelError('malformed', 'sim: the answer could not be read')
    case 'cut':
      throw new ModelError('cut', 'sim: the stream was cut')
    case 'hang':
      return pauseUntilAborted(signal)
  }
}
