import { ModelError } from '../model-error.ts'

/** A place that answers with a page, or with JSON all at once, does not speak the protocol: asking again will not help. */
export function refuseOtherAnswers(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const contentType = response.headers.get('content-type') ?? ''
    if (!response.ok || !/^(text\/html|application\/(problem\+)?json)\b/i.test(contentType)) return response
    response.body?.cancel().catch(() => {})
    throw new ModelError('malformed', `the provider answered with ${contentType.split(';')[0]} in place of a stream; is its base_url right?`, { retryable: false })
  }
}
