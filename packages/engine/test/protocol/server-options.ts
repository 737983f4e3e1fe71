export interface ServerOptions {
  port?: number
  /** The only key that is taken; null takes any, or none. */
  key?: string | null
  /** Whether the model is known. */
  knows?: (model: string) => boolean
}
