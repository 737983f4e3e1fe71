import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/models/model-error.ts'
import { createModelProvider } from '../../src/models/create-model-provider.ts'

describe('a model error', () => {
  it.each([
    ['rate_limited', true, 'provider_rate_limited'],
    ['server_error', true, 'provider_error'],
    ['timeout', true, 'provider_timeout'],
    ['cut', true, 'provider_error'],
    ['malformed', true, 'provider_error'],
    ['invalid_request', false, 'provider_error'],
    ['context_too_large', false, 'context_too_large'],
    ['unavailable', true, 'model_unavailable'],
  ] as const)('%s says whether to retry, and how its turn fails', (kind, retryable, turn_error_code) => {
    expect(new ModelError(kind, 'no')).toMatchObject({ kind, retryable, turn_error_code, retry_after_ms: null })
  })

  it('may know better than its kind, and keeps its cause', () => {
    const cause = new Error('no such model')
    expect(new ModelError('unavailable', 'no', { retryable: false, cause })).toMatchObject({ retryable: false, cause })
  })
})

describe('a model provider', () => {
  it('is made by its type, and of an unknown type it is not there', async () => {
    const make = (type: string) => createModelProvider({ type, base_url: null, api_key: null }, { fetch })
    expect((await make('sim')).type).toBe('sim')
    await expect(make('constructor')).rejects.toMatchObject({ kind: 'unavailable', retryable: false })
  })
})
