/** What a key may do: `read` what there is, `write` messages, sessions and agents, `admin` keys, providers and settings. */
export const keyScopes = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof keyScopes)[number]
