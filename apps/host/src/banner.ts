import type { Config } from './config.ts'
import type { Host } from './start-host.ts'
import { version } from './version.ts'

/** What `start` says when it is ready, so long after the process began: where it is, and what to paste next. */
export function writeBanner({ address, quickstartSessionId }: Host, { apiKey, databaseUrl, dataDir }: Config, sinceBeginMs: number): string {
  const session = `${address}/v1/sessions/${quickstartSessionId}`
  // By its name: a key does not belong on a screen.
  const key = apiKey === null ? '' : ' -H "Authorization: Bearer $REPRISE_API_KEY"'
  const body = JSON.stringify({ message: { content: [{ type: 'text', text: 'Hello!' }] } })
  return `
Reprise ${version} is ready after ${(sinceBeginMs / 1_000).toFixed(1)} s.

  Address   ${address}
  Docs      ${address}/docs
  Data      ${databaseUrl === null ? `${dataDir} (PostgreSQL of its own, kept between starts)` : 'in the PostgreSQL that DATABASE_URL names'}

Post a message:

  curl -X POST ${session}/messages${key} -H 'Content-Type: application/json' -d '${body}'

Watch its turn, from another terminal:

  curl -N ${session}/sse${key}

Next, try "pnpm demo" in another terminal. Ctrl-C stops everything.
`
}
