import type { TurnErrorCode } from '@reprise/contract'

/**
 * `cut`: the stream broke off before `finished`. `malformed`: the answer could not be read, such as tool arguments
 * that are no JSON. `context_too_large`: the prompt is more than the model takes. `unavailable`: the vendor was never
 * reached, or its breaker is open. `tools_unsupported`: the turn has tools and the model cannot use them.
 */
export type ModelErrorKind = 'rate_limited' | 'server_error' | 'timeout' | 'cut' | 'malformed' | 'invalid_request' | 'context_too_large' | 'unavailable' | 'tools_unsupported'

export interface ModelErrorOptions {
  /** When the vendor asked to wait, how long. */
  retry_after_ms?: number
  /** Overrides what the kind says. */
  retryable?: boolean
  cause?: unknown
}

const modelErrorKinds = {
  rate_limited: { retryable: true, turn_error_code: 'provider_rate_limited' },
  server_error: { retryable: true, turn_error_code: 'provider_error' },
  timeout: { retryable: true, turn_error_code: 'provider_timeout' },
  cut: { retryable: true, turn_error_code: 'provider_error' },
  malformed: { retryable: true, turn_error_code: 'provider_error' },
  invalid_request: { retryable: false, turn_error_code: 'provider_error' },
  context_too_large: { retryable: false, turn_error_code: 'context_too_large' },
  unavailable: { retryable: true, turn_error_code: 'model_unavailable' },
  tools_unsupported: { retryable: false, turn_error_code: 'tools_unsupported' },
} as const satisfies Record<ModelErrorKind, { retryable: boolean; turn_error_code: TurnErrorCode }>

/** A model call that failed. Its message is the provider's own words: for the log, and for callers who may see details. */
export class ModelError extends Error {
  readonly kind: ModelErrorKind
  readonly retryable: boolean
  readonly retry_after_ms: number | null

  constructor(kind: ModelErrorKind, message: string, options: ModelErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'ModelError'
    this.kind = kind
    this.retryable = options.retryable ?? modelErrorKinds[kind].retryable
    this.retry_after_ms = options.retry_after_ms ?? null
  }

  /** How a turn fails when this error is its last. */
  get turn_error_code(): TurnErrorCode {
    return modelErrorKinds[this.kind].turn_error_code
  }
}
