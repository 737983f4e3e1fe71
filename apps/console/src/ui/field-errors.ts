import { readError } from '@reprise/client'

/** What the server said of the fields of a request, by their paths: `prices.input`. */
export function readFieldErrors(error: unknown): Record<string, string> {
  return Object.fromEntries(readError(error)?.errors?.map(({ path, message }) => [path, message]) ?? [])
}
