import { AppError, type AppErrorOptions, type ErrorCode } from '@reprise/contract'
import { isConnectionError } from '@reprise/store'

/** What fastify and its plugins refuse by themselves, in the catalogue's words. */
const frameworkCodes: Record<string, { code: ErrorCode; message?: string }> = {
  FST_ERR_BAD_URL: { code: 'invalid_request', message: 'The url is malformed' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'invalid_request', message: 'The url is too long' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body_too_large' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'body_incomplete' },
  FST_REQ_FILE_TOO_LARGE: { code: 'body_too_large' },
  FST_FILES_LIMIT: { code: 'invalid_request', message: 'Only one file may be uploaded at a time' },
  FST_PARTS_LIMIT: { code: 'invalid_request', message: 'The form has too many parts' },
  FST_FIELDS_LIMIT: { code: 'invalid_request', message: 'The form has too many fields' },
  FST_INVALID_MULTIPART_CONTENT_TYPE: { code: 'unsupported_media_type', message: 'Expected multipart/form-data with a boundary' },
  FST_PROTO_VIOLATION: { code: 'invalid_request', message: 'The form has a field name that is not allowed' },
}

/** Seconds after which a caller may try again when the database is away: about the time of its restart. */
const databaseRetrySeconds = 2

/** The one mapping of whatever was thrown to the catalogue. What is not known is an internal error: its cause goes to the log only. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = frameworkCodes[code]
  if (known) return new AppError(known.code, { cause: error, ...(known.message && { message: known.message }) })
  if (isConnectionError(error)) return new AppError('database_unavailable', { cause: error, retryAfterSeconds: databaseRetrySeconds })
  return new AppError('internal_error', { cause: error })
}

/** One field was refused: the same words as the error's message and as the field's. */
export function fieldError(code: ErrorCode, path: string, message: string, options: AppErrorOptions = {}): AppError {
  return new AppError(code, { ...options, message: `${path}: ${message}`, errors: [{ path, message }] })
}
