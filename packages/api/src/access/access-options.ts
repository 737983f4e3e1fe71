export interface AccessOptions {
  /** The operator's, of the configuration. While there is none and no other was made, any key is accepted, but only from this machine and no web page. */
  api_key: string | null
  /** Web pages that may call, as `https://host[:port]`. Empty: CORS is off. */
  cors_origins: readonly string[]
}
