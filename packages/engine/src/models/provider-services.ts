export interface ProviderServices {
  /** The guarded way out: a caller may have chosen the place. */
  fetch: typeof fetch
}
