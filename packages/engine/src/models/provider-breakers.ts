import type { OpenBreaker } from '@reprise/store'
import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen, SamplingBreaker, type CircuitBreakerPolicy } from 'cockatiel'
import { ModelError, type ModelErrorKind } from './model-error.ts'

/** Faults that say something about the provider, and nothing about the call. */
const countedKinds: ReadonlySet<ModelErrorKind> = new Set(['server_error', 'timeout', 'cut', 'unavailable'])

const openMs = 10_000
/** Half of at least 15 calls in 15 s. */
const sampling = { threshold: 0.5, duration: 15_000, minimumRps: 1 }

/** One circuit breaker per provider: a provider that is down is left alone for a while, by all turns of this process. */
export class ProviderBreakers {
  readonly #breakers = new Map<string, CircuitBreakerPolicy>()
  readonly #open = new Map<string, OpenBreaker>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #onChange: (open: OpenBreaker[]) => void

  /** `onChange` is told of those that are not closed, with every change. */
  constructor(onChange: (open: OpenBreaker[]) => void) {
    this.#onChange = onChange
  }

  /** Runs one model call through the provider's breaker. While it is open, fails with `unavailable`, to be retried later. */
  async call<T>(providerId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#breakerOf(providerId).execute(work)
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error
      throw new ModelError('unavailable', 'the provider has failed too often and is left alone for a while', { retry_after_ms: openMs, cause: error })
    }
  }

  #breakerOf(providerId: string): CircuitBreakerPolicy {
    let breaker = this.#breakers.get(providerId)
    if (!breaker) {
      const counted = handleWhen((error) => error instanceof ModelError && countedKinds.has(error.kind))
      breaker = circuitBreaker(counted, { halfOpenAfter: openMs, breaker: new SamplingBreaker(sampling) })
      breaker.onStateChange((state) => this.#note(providerId, state))
      this.#breakers.set(providerId, breaker)
    }
    return breaker
  }

  /** From then on nothing is told. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #note(provider_id: string, state: CircuitState): void {
    clearTimeout(this.#timers.get(provider_id))
    if (state === CircuitState.Closed) this.#open.delete(provider_id)
    else this.#open.set(provider_id, { provider_id, state: state === CircuitState.HalfOpen ? 'half_open' : 'open', since: new Date().toISOString() })
    // The library lets the next call through by then, and would say so only when there is one.
    if (state === CircuitState.Open) this.#timers.set(provider_id, setTimeout(() => this.#note(provider_id, CircuitState.HalfOpen), openMs).unref())
    this.#onChange([...this.#open.values()])
  }
}
