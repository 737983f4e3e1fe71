import { AppError } from '@reprise/contract'

/** As often as others may come in between. */
const attemptsMax = 10

/** Tries until nobody else came in between, of which an attempt tells by null. Refuses in these words when somebody always does. */
export async function retryWhileStale<T>(words: string, attempt: () => Promise<T | null>): Promise<T> {
  for (let count = 1; count <= attemptsMax; count++) {
    const done = await attempt()
    if (done !== null) return done
  }
  throw new AppError('overloaded', { message: words, retryAfterSeconds: 1 })
}
