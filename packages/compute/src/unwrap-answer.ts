export interface UnwrappedAnswer {
  value: unknown
  is_error: boolean
}

/** `{"result": …}` and `{"error": "…"}`, with no other key, are what client-side tools answer; all else is the result itself. */
export function unwrapAnswer(value: unknown): UnwrappedAnswer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value, is_error: false }
  const [entry, ...others] = Object.entries(value)
  if (entry && others.length === 0) {
    const [key, inner] = entry
    if (key === 'result') return { value: inner, is_error: false }
    if (key === 'error' && typeof inner === 'string') return { value: inner, is_error: true }
  }
  return { value, is_error: false }
}
