/** The paths that the console's page answers, as the server's router writes them. Its own router tells them apart. */
export const pages = ['/', '/sessions', '/sessions/*', '/turns/*', '/operations', '/operations/*', '/settings', '/settings/*'] as const
