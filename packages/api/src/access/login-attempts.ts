import { AppError } from '@reprise/contract'

const attemptsAtOnceMax = 10
const attemptsPerSecond = 5

/** A handful a second in this process, whoever makes them: nobody guesses a key so slowly, and no person is slowed by it. */
export class LoginAttempts {
  #left = attemptsAtOnceMax
  #counted_at = performance.now()

  take(): void {
    const now = performance.now()
    this.#left = Math.min(attemptsAtOnceMax, this.#left + ((now - this.#counted_at) / 1_000) * attemptsPerSecond)
    this.#counted_at = now
    if (this.#left < 1) throw new AppError('too_many_logins', { retryAfterSeconds: 1 })
    this.#left -= 1
  }
}
