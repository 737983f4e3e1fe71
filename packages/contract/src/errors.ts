/** The closed catalogue of errors: one code, one status, one public text. Each has a heading on the page `/docs/errors`. */
export const errorCatalogue = {
  invalid_request: { status: 400, title: 'Invalid request' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_id: { status: 400, title: 'Invalid ID format' },
  invalid_image: { status: 400, title: 'Invalid image' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  invalid_idempotency_key: { status: 400, title: 'Invalid idempotency key' },
  unknown_image: { status: 400, title: 'Unknown image' },
  unknown_model: { status: 400, title: 'Unknown model' },
  unknown_agent: { status: 400, title: 'Unknown agent' },
  unknown_capability: { status: 400, title: 'Unknown capability' },
  unknown_harness: { status: 400, title: 'Unknown harness' },
  unknown_event_type: { status: 400, title: 'Unknown event type' },
  search_too_long: { status: 400, title: 'Too much was looked through for too little' },
  images_unsupported: { status: 400, title: 'The model takes no images' },
  unknown_tool_call: { status: 400, title: 'Unknown tool call' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'Not allowed' },
  foreign_origin: { status: 403, title: 'This origin may not call this server' },
  foreign_host: { status: 403, title: 'This host name is not served' },
  not_found: { status: 404, title: 'Not found' },
  session_not_found: { status: 404, title: 'Session not found' },
  agent_not_found: { status: 404, title: 'Agent not found' },
  image_not_found: { status: 404, title: 'Image not found' },
  model_not_found: { status: 404, title: 'Model not found' },
  provider_not_found: { status: 404, title: 'Provider not found' },
  key_not_found: { status: 404, title: 'Key not found' },
  capability_not_found: { status: 404, title: 'Capability not found' },
  turn_not_found: { status: 404, title: 'Turn not found' },
  model_call_not_found: { status: 404, title: 'Model call not found' },
  tool_result_not_found: { status: 404, title: 'Tool result not found' },
  webhook_not_found: { status: 404, title: 'Webhook not found' },
  delivery_not_found: { status: 404, title: 'Delivery not found' },
  schedule_not_found: { status: 404, title: 'Schedule not found' },
  worker_not_found: { status: 404, title: 'Worker not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  session_busy: { status: 409, title: 'The session is busy with a turn' },
  // The documented clients retry on exactly the words `not waiting for tool results`: no other title may have them.
  not_waiting_for_tool_results: { status: 409, title: 'The session is not waiting for tool results' },
  tool_call_closed: { status: 409, title: 'The tool call is closed' },
  turn_not_failed: { status: 409, title: 'The turn has not failed' },
  agent_conflict: { status: 409, title: 'An agent with this id or name cannot be created' },
  provider_in_use: { status: 409, title: 'The provider has models' },
  model_in_use: { status: 409, title: 'The model is in use' },
  key_revoked: { status: 409, title: 'The key is revoked' },
  too_many_webhooks: { status: 409, title: 'The organization has as many webhooks as it may have' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  too_many_schedules: { status: 409, title: 'The organization has as many schedules as it may have' },
  image_in_use: { status: 409, title: 'The image is in use' },
  secret_key_missing: { status: 409, title: 'The server has no key to encrypt secrets with' },
  body_incomplete: { status: 400, title: 'The body ended too early' },
  body_too_large: { status: 413, title: 'The body is too large' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported content type' },
  unsupported_encoding: { status: 415, title: 'Unsupported content encoding' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with a different request' },
  queue_full: { status: 429, title: 'Too many turns are waiting in this session' },
  too_many_logins: { status: 429, title: 'Too many attempts to log in' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_streams: { status: 429, title: 'The organization has too many open streams' },
  internal_error: { status: 500, title: 'Internal server error' },
  task_failed: { status: 500, title: 'The request could not be processed' },
  overloaded: { status: 503, title: 'The server is overloaded' },
  database_unavailable: { status: 503, title: 'The database is unavailable' },
  shutting_down: { status: 503, title: 'The server is shutting down' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof errorCatalogue

/** One thing wrong with one field; `path` is in the request's own words, like `message.content[1].base64`. */
export interface FieldError {
  path: string
  message: string
}

export interface AppErrorOptions {
  /** Public words for this very case, shown to the caller. Without it the catalogue's title is shown. */
  message?: string
  errors?: FieldError[]
  /** For the log only: never leaves the process. */
  detail?: string
  cause?: unknown
  /** Whole seconds, sent as `Retry-After` with 429 and 503. */
  retryAfterSeconds?: number
}

/** The one error class: everything that is refused on purpose is an AppError with a code of the catalogue. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: FieldError[] | undefined
  readonly detail: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorCatalogue[code].title, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.errors = options.errors
    this.detail = options.detail
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** An RFC 9457 problem, with the `error` member that the official clients of the documented API parse. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  instance: string
  error: { code: ErrorCode; message: string }
  errors?: FieldError[]
}

export function toProblem(error: AppError, instance: string): Problem {
  const { status, title } = errorCatalogue[error.code]
  return {
    type: `/docs/errors#${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    instance,
    error: { code: error.code, message: error.message },
    ...(error.errors && { errors: error.errors }),
  }
}
